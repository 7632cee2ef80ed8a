"""The comparisons with other servers on the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.page.section import Lines, Section, results_of
from bench.peers.figures import by_contender, capacity, with_version
from bench.peers.table import door_rows, whole_rows
from bench.result_files import RESULTS


def _whole(result: Mapping[str, Any]) -> Sequence[Lines]:
    held = [("server", "speakers held")]
    for (server, _), rows in by_contender(result["rows"]).items():
        held.append((with_version(server, result["versions"]), capacity(rows)))
    return [whole_rows(dict(result)), held]


def _doors(result: Mapping[str, Any]) -> Sequence[Lines]:
    return [door_rows(dict(result))]


def sections() -> list[Section]:
    return [
        Section(
            "Whole servers",
            """Rostrum, WhisperLiveKit and WhisperLive, each started as its users start it, on the same model, speech
            and machine. Streams of a minute in real time. CPU: seconds per second of speech; of Rostrum edge and
            transcriber together. Held, by the rule of `rostrum load`: 95 of 100 words are final within 5 s, delays
            do not grow, every client is served. A server that did not hold its speakers was not tried with more.""",
            "python -m bench.peers",
            [file for file in results_of("peers-whole") if file.stem != "peers-whole-short"],
            _whole,
            """`rostrum` and the peers give the encoder 3000 frames, as published models need; `rostrum-short` gives it
            the shorter input that only the demo recogniser was trained for, so it is not comparable. The goals were
            12 speakers, and 32 with the short input, at a word error rate of 3.5 % or less, and CPU of 0.2 and 0.1
            at 8 speakers. Last words missing: words of the last two seconds that are not in the text as they were
            said, misheard ones included.""",
        ),
        Section(
            "Doors",
            """Rostrum's edge, and the other servers with models that answer at once. Each has one core; clients and
            Rostrum's broker share the others. Clients send 250 ms four times a second, over plain ws on loopback
            except where TLS is named. A server passes with a number of clients if it processes at least 95 % of
            what is spoken meanwhile, by its own acks or answers, and answers 99 of 100 pings sent behind the audio
            within 250 ms.""",
            "python -m bench.peers --case door",
            [RESULTS / "peers-door.json"],
            _doors,
            """Where this is unfair to Rostrum: it alone stores the audio (every frame is in Kafka before its ack),
            acknowledges it, gives each user a session of their own by token, and resumes it after a cut. The others
            do none of that and know one shared key; WhisperLive has no TLS. Where it is unfair to them: they are
            whole recognisers, and keep audio for the model, agree on words and compose the text in the same
            process. Rostrum's transcriber does that in another one, which is not counted here. Most of their memory
            is that: WhisperLive keeps 15 to 45 s of each client's audio and copies it with every message ("after a
            minute": clients begin in that state), and has four threads per client; WhisperLiveKit sends the whole
            text so far ten times a second, so a long session costs it more than these, which are seconds old. The
            edge's cost per frame falls with more clients, since their frames reach Kafka in common batches.
            Replaced are WhisperLive's `transcribe_audio`, with it VAD and spectrogram, and the `transcribe` of
            WhisperLiveKit's backend, with its VAD off (`--no-vac`) and its model called once a second
            (`--asr-coalesce-min-s 1`), as WhisperLive's is. Each stub gives two words per second.""",
        ),
    ]
