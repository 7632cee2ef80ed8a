"""All metrics of the analyze stage."""

from prometheus_client import Counter, Histogram

REPORTS = Counter(
    "rostrum_analyze_reports_total",
    "Sessions by outcome: report made by llm or rules, known (made before), failed.",
    ["outcome"],
)
GRAMMAR_ERRORS = Counter(
    "rostrum_analyze_grammar_errors_total", "Errors reported to learners, except uncertain ones.", ["type"]
)
UNVERIFIED_QUOTES = Counter(
    "rostrum_analyze_unverified_quotes_total", "Findings of the language model that quoted something not said."
)
LLM_REQUESTS = Counter("rostrum_analyze_llm_requests_total", "Calls of the language model.", ["prompt", "outcome"])
LLM_REQUEST_DURATION_SECONDS = Histogram(
    "rostrum_analyze_llm_request_duration_seconds",
    "Duration of one call of the language model, retries included.",
    ["prompt"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120),
)
LLM_TOKENS = Counter(
    "rostrum_analyze_llm_tokens_total", "Tokens, as counted by the language model's server.", ["direction"]
)
LANGUAGETOOL_DURATION_SECONDS = Histogram(
    "rostrum_analyze_languagetool_duration_seconds",
    "Time in which LanguageTool checked one session.",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
)
REPORT_DURATION_SECONDS = Histogram(
    "rostrum_analyze_report_duration_seconds",
    "Time from the start of a session's analysis until its report was sent.",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320),
)
