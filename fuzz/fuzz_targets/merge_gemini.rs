#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| ssefold_fuzz::run("merge_gemini", data));
