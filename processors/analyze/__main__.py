"""Starts the analyze stage: `python -m processors.analyze`."""

from contextlib import AsyncExitStack

from aiokafka import AIOKafkaProducer

from infra.clock import SystemClock
from infra.kafka.delivery import RetryPolicy
from infra.kafka.handlers import handle_events
from infra.kafka.settings import KafkaSettings
from infra.languagetool import LanguageToolSettings
from infra.lifecycle import Stage, run_stage
from infra.llm.settings import LlmSettings
from infra.settings import load
from processors.analyze.adapters.curriculum import read_curriculum
from processors.analyze.adapters.kafka_replies import KafkaReportReplies
from processors.analyze.adapters.languagetool import language_tool
from processors.analyze.adapters.report_store import open_report_store
from processors.analyze.ports import LanguageModel
from processors.analyze.service import ANALYSIS_VERSION, Analyzers, AnalyzeService
from processors.analyze.settings import AnalyzeSettings
from schemas.topics import Topic

NAME = "analyze"


async def serve(stage: Stage) -> None:
    settings, kafka = load(AnalyzeSettings), load(KafkaSettings)
    llm, languagetool = load(LlmSettings), load(LanguageToolSettings)
    curriculum = read_curriculum(settings.curriculum)
    min_probability = settings.min_word_probability
    async with AsyncExitStack() as resources:
        enter = resources.enter_async_context
        model: LanguageModel | None = None
        if llm.enabled:
            # LangChain takes 93 MB: it is imported only if a language model is configured.
            from processors.analyze.adapters.llm import llm_assessor

            model = await enter(llm_assessor(llm, curriculum, min_probability))
        checker = await enter(language_tool(languagetool, settings.languagetool_timeout_s))
        analyzers = Analyzers(checker, model, curriculum, min_probability, settings.llm_deadline_s)

        async def service(producer: AIOKafkaProducer) -> AnalyzeService:
            store = await enter(open_report_store(kafka, producer, ANALYSIS_VERSION))
            return AnalyzeService(analyzers, store, KafkaReportReplies(producer, kafka), SystemClock())

        retry_policy = RetryPolicy(deadline_s=settings.retry_deadline_s)
        await handle_events(
            stage,
            kafka,
            Topic.TRANSCRIPTS,
            service,
            concurrency=settings.max_concurrency,
            retry_policy=retry_policy,
        )


def main() -> None:
    run_stage(NAME, serve)


if __name__ == "__main__":
    main()
