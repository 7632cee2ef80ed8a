"""Starts the questions stage: `python -m processors.questions`."""

from contextlib import AsyncExitStack
from importlib.resources import files

from aiokafka import AIOKafkaProducer

from infra.clock import SystemClock
from infra.kafka.handlers import handle_events
from infra.kafka.settings import KafkaSettings
from infra.lifecycle import Stage, run_stage
from infra.llm.settings import LlmSettings
from infra.settings import load
from processors.questions.adapters.kafka_question_log import KafkaQuestionLog
from processors.questions.core.bank import parse_bank
from processors.questions.ports import QuestionWriter
from processors.questions.service import QuestionsService
from processors.questions.settings import QuestionsSettings
from schemas.topics import Topic

NAME = "questions"


async def serve(stage: Stage) -> None:
    settings, kafka, llm = load(QuestionsSettings), load(KafkaSettings), load(LlmSettings)
    bank = parse_bank(files("processors.questions").joinpath("bank.toml").read_text("utf-8"))
    async with AsyncExitStack() as resources:
        writer: QuestionWriter | None = None
        if llm.enabled:
            # LangChain takes 93 MB: it is imported only if a language model is configured.
            from processors.questions.adapters.llm import llm_question_writer

            writer = await resources.enter_async_context(llm_question_writer(llm))

        async def service(producer: AIOKafkaProducer) -> QuestionsService:
            log = KafkaQuestionLog(producer, kafka)
            return QuestionsService(bank, writer, log, SystemClock(), settings.llm_deadline_s)

        await handle_events(stage, kafka, Topic.SESSION_EVENTS, service, concurrency=settings.max_concurrency)


def main() -> None:
    run_stage(NAME, serve)


if __name__ == "__main__":
    main()
