"""Starts the analyze stage: `python -m processors.analyze`."""

from contextlib import AsyncExitStack

from aiokafka import AIOKafkaProducer

from infra.clock import SystemClock
from infra.kafka.handlers import handle_events
from infra.kafka.settings import KafkaSettings
from infra.languagetool import LanguageToolSettings
from infra.lifecycle import Stage, run_stage
from infra.llm import LlmSettings
from infra.settings import load
from processors.analyze.adapters.kafka import KafkaOutbox
from processors.analyze.adapters.languagetool import language_tool_judge
from processors.analyze.service import AnalyzeService, Judge
from processors.analyze.settings import AnalyzeSettings
from schemas.topics import Topic

NAME = "analyze"


async def serve(stage: Stage) -> None:
    settings, kafka = load(AnalyzeSettings), load(KafkaSettings)
    llm, languagetool = load(LlmSettings), load(LanguageToolSettings)
    floor = settings.unsure_probability
    async with AsyncExitStack() as open_until_the_end:
        enter = open_until_the_end.enter_async_context
        judges: list[Judge] = []
        if llm.enabled:
            # LangChain takes 93 MB: it is loaded only where there is a model to talk to.
            from processors.analyze.adapters.llm import llm_judge

            judges.append(await enter(llm_judge(llm, floor, settings.deadline_s)))
        judges.append(await enter(language_tool_judge(languagetool, settings.languagetool_timeout_s)))

        def service(producer: AIOKafkaProducer) -> AnalyzeService:
            return AnalyzeService(judges, KafkaOutbox(producer, kafka), SystemClock(), floor)

        await handle_events(stage, kafka, Topic.TRANSCRIPTS, service)


def main() -> None:
    run_stage(NAME, serve)


if __name__ == "__main__":
    main()
