"""Every metric of this stage."""

from prometheus_client import Counter, Histogram

REPORTS = Counter(
    "rostrum_analyze_reports_total",
    "Sessions, by what became of them: a report by llm or rules, known (made before), failed",
    ["outcome"],
)
ERRORS = Counter(
    "rostrum_analyze_grammar_errors_total", "Errors told to learners, without the uncertain ones", ["type"]
)
MISQUOTED = Counter("rostrum_analyze_unverified_quotes_total", "A model's claims that quoted what was not said")
MODEL_CALLS = Counter("rostrum_analyze_llm_requests_total", "Calls of the language model", ["prompt", "outcome"])
MODEL_SECONDS = Histogram(
    "rostrum_analyze_llm_request_duration_seconds",
    "Time of one call of the language model, its retries included",
    ["prompt"],
    buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120),
)
MODEL_TOKENS = Counter("rostrum_analyze_llm_tokens_total", "Tokens by the language model's own count", ["direction"])
CHECKER_SECONDS = Histogram(
    "rostrum_analyze_languagetool_duration_seconds",
    "Time in which the grammar checker read one session",
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20),
)
REPORT_S = Histogram(
    "rostrum_analyze_report_duration_seconds",
    "Time from taking a session to having told its report, in seconds",
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320),
)
