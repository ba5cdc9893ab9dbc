//! `ssefold` folds the event streams of LLM APIs into messages.

pub mod json;

pub mod sse;
