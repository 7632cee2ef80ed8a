"""Windows from anywhere in the recordings, each recognised alone and in batches with others."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from random import Random

import pytest

from infra.samples import WHISPER_MICRO
from processors.transcribe.adapters.models import resolve_model
from processors.transcribe.adapters.recogniser import load_model
from processors.transcribe.core.audio.windows import Window
from processors.transcribe.core.whisper.recognition import Recognition
from processors.transcribe.settings import TranscribeSettings
from schemas.audio import FRAME_BYTES
from tests.support.audio.speech import SENTENCES, joined
from tests.support.soak.results import keep, new_seed

WINDOWS = 400
SIZES = (2, 3, 4, 8)
FRAMES = (4, 36)
RECORDINGS = (*SENTENCES, "unseen_voice", "noise", "answers_1", "answers_2", "answers_3")

pytestmark = [pytest.mark.soak, pytest.mark.timeout(600)]


def window(number: int, chance: Random) -> Window:
    """Of 1 to 9 s, as fixed windows are cut: at whole frames."""
    pcm = joined(*chance.sample(RECORDINGS, 2), pause_s=0.8).pcm
    length = min(chance.randint(*FRAMES), len(pcm) // FRAME_BYTES)
    first = chance.randint(0, len(pcm) // FRAME_BYTES - length)
    return Window(f"s-{number}", 0, 0, "en", 0, pcm[first * FRAME_BYTES : (first + length) * FRAME_BYTES])


def batches(keys: Sequence[Hashable], size: int, chance: Random) -> Iterator[list[int]]:
    """Every window once, by its place, in random batches of one key."""
    of_key: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place in chance.sample(range(len(keys)), len(keys)):
        of_key[keys[place]].append(place)
    for places in of_key.values():
        yield from (places[at : at + size] for at in range(0, len(places), size))


def difference(one: Recognition, other: Recognition) -> str:
    if [word.text for word in one.words] != [word.text for word in other.words]:
        return "words"
    if [(word.start_ms, word.end_ms) for word in one.words] != [(word.start_ms, word.end_ms) for word in other.words]:
        return "times"
    same = one.words == other.words and one.log_probability == other.log_probability
    return "none" if same and one.no_speech == other.no_speech else "probabilities"


@pytest.mark.parametrize("compute_type", ["int8", "float32"])
def test_a_window_is_recognised_the_same_in_any_batch(compute_type: str) -> None:
    seed = new_seed()
    chance = Random(seed)
    settings = TranscribeSettings(device="cpu", compute_type=compute_type, temperature_fallback=False)
    whisper = load_model(resolve_model(str(WHISPER_MICRO)), settings)
    windows = [window(number, chance) for number in range(WINDOWS)]
    alone = [whisper.recognise([each])[0] for each in windows]
    keys = [whisper.batch_key(each) for each in windows]
    found: Counter[str] = Counter()
    for size in SIZES:
        for places in batches(keys, size, chance):
            together = whisper.recognise([windows[at] for at in places])
            found.update(difference(alone[at], each) for at, each in zip(places, together, strict=True))
    keep(
        f"transcriber_batches_{compute_type}",
        seed=seed,
        windows=WINDOWS,
        windows_in_a_batch=SIZES,
        heard_in_batches=found.total(),
        first_difference_from_hearing_it_alone=dict(found),
    )
    assert found["words"] == found["times"] == 0
