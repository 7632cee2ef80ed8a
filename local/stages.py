"""The stages, by name, and the packages that hold them."""

STAGES = {
    "edge": "edge",
    "transcribe": "processors.transcribe",
    "questions": "processors.questions",
    "analyze": "processors.analyze",
    "analytics": "analytics",
}
