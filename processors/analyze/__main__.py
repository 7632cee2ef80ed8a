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
from processors.analyze.adapters.kafka import KafkaReplies
from processors.analyze.adapters.languagetool import language_tool
from processors.analyze.adapters.ledger import open_ledger
from processors.analyze.service import ANALYSIS_VERSION, AnalyzeService, Model, Teachers
from processors.analyze.settings import AnalyzeSettings
from schemas.topics import Topic

NAME = "analyze"


async def serve(stage: Stage) -> None:
    settings, kafka = load(AnalyzeSettings), load(KafkaSettings)
    llm, languagetool = load(LlmSettings), load(LanguageToolSettings)
    lessons = read_curriculum(settings.curriculum)
    floor = settings.min_word_probability
    async with AsyncExitStack() as open_until_the_end:
        enter = open_until_the_end.enter_async_context
        model: Model | None = None
        if llm.enabled:
            # LangChain takes 93 MB: it is loaded only where there is a model to talk to.
            from processors.analyze.adapters.llm import llm_model

            model = await enter(llm_model(llm, lessons, floor))
        checker = await enter(language_tool(languagetool, settings.languagetool_timeout_s))
        teachers = Teachers(checker, model, lessons, floor, settings.llm_deadline_s)

        async def service(producer: AIOKafkaProducer) -> AnalyzeService:
            ledger = await enter(open_ledger(kafka, producer, ANALYSIS_VERSION))
            return AnalyzeService(teachers, ledger, KafkaReplies(producer, kafka), SystemClock())

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
