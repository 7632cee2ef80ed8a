"""The progress that each server reports, in messages as it sends them."""

import json

from bench.peers.door import client_protocols


def test_rostrum_reports_progress_by_its_acks() -> None:
    assert client_protocols.rostrum_progress_s('{"type":"ack","frames":9}') == 2.25
    assert client_protocols.rostrum_progress_s('{"type":"partial","text":"","end_ms":9000}') is None


def test_whisperlive_reports_progress_by_its_segments() -> None:
    segments = [{"start": "0.000", "end": "1.250", "text": "a", "completed": True}, {"end": "3.500", "text": ""}]

    assert client_protocols.whisperlive_progress_s(json.dumps({"uid": "u", "segments": segments})) == 3.5
    assert client_protocols.whisperlive_progress_s('{"uid":"u","message":"SERVER_READY"}') is None


def test_whisperlivekit_reports_progress_by_its_last_line() -> None:
    lines = [{"text": "a", "end": "0:00:01.00"}, {"text": "b", "end": "1:02:03.50"}]

    assert (
        client_protocols.whisperlivekit_progress_s(json.dumps({"status": "active_transcription", "lines": lines}))
        == 3723.5
    )
    assert client_protocols.whisperlivekit_progress_s('{"status":"no_audio_detected","lines":[]}') is None
    assert client_protocols.whisperlivekit_progress_s('{"type":"ready_to_stop"}') is None


def test_all_send_a_quarter_of_a_second() -> None:
    assert len(client_protocols.S16LE) == 16_000 // 4 * 2
    assert len(client_protocols.F32LE) == 16_000 // 4 * 4
