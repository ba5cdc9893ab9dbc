"""The scenarios, one file for each family of providers."""

from __future__ import annotations

from .anthropic import ANTHROPIC_TEXT, ANTHROPIC_THINKING, ANTHROPIC_TOOLS
from .anthropic_broken import ANTHROPIC_BROKEN
from .anthropic_server import ANTHROPIC_BLOCKS, ANTHROPIC_SEARCH
from .azure import AZURE_FIRST_CHUNK
from .broken import ERROR_MID_STREAM, TRUNCATED
from .cohere import COHERE
from .completions import LEGACY_COMPLETIONS
from .deepseek import DEEPSEEK_EOF
from .framing import CRLF_COMMENTS
from .gateway import GATEWAY_NO_INDEX
from .gemini import GEMINI_CALLS, GEMINI_TEXT, GEMINI_THOUGHTS
from .gemini_bodies import GEMINI_ARRAY, GEMINI_ENDS
from .mistral import MISTRAL_CONTENT_LIST
from .ollama import OLLAMA_SAME_INDEX
from .ollama_lines import OLLAMA_LINES
from .openai_audio import AUDIO, AUDIO_CUT
from .openai_choices import N2_CHOICES, OBFUSCATED, REFUSAL
from .openai_tools import FUNCTION_CALL, PARALLEL_TOOLS
from .openrouter import OPENROUTER_REASONING
from .perplexity import CUMULATIVE_USAGE_PERPLEXITY
from .responses import RESPONSES_REASONING, RESPONSES_TEXT
from .responses_ends import RESPONSES_ENDS
from .responses_gateways import RESPONSES_GATEWAYS
from .responses_tools import RESPONSES_CUSTOM, RESPONSES_HOSTED
from .unicode import UNICODE
from .xai import KEEPALIVE_REASONING

SCENARIOS = (
    ANTHROPIC_BLOCKS,
    ANTHROPIC_BROKEN,
    ANTHROPIC_SEARCH,
    ANTHROPIC_TEXT,
    ANTHROPIC_THINKING,
    ANTHROPIC_TOOLS,
    AUDIO,
    AUDIO_CUT,
    AZURE_FIRST_CHUNK,
    COHERE,
    CRLF_COMMENTS,
    CUMULATIVE_USAGE_PERPLEXITY,
    DEEPSEEK_EOF,
    ERROR_MID_STREAM,
    FUNCTION_CALL,
    GATEWAY_NO_INDEX,
    GEMINI_ARRAY,
    GEMINI_CALLS,
    GEMINI_ENDS,
    GEMINI_TEXT,
    GEMINI_THOUGHTS,
    KEEPALIVE_REASONING,
    LEGACY_COMPLETIONS,
    MISTRAL_CONTENT_LIST,
    N2_CHOICES,
    OBFUSCATED,
    OLLAMA_LINES,
    OLLAMA_SAME_INDEX,
    OPENROUTER_REASONING,
    PARALLEL_TOOLS,
    REFUSAL,
    RESPONSES_CUSTOM,
    RESPONSES_ENDS,
    RESPONSES_GATEWAYS,
    RESPONSES_HOSTED,
    RESPONSES_REASONING,
    RESPONSES_TEXT,
    TRUNCATED,
    UNICODE,
)
