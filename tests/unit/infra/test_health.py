import httpx

from infra.health import Health, serve_health


async def test_a_stage_is_alive_at_once_and_ready_when_it_says_so() -> None:
    health = Health()
    async with (
        serve_health(health, "127.0.0.1", 0) as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        health.ready()
        assert (await http.get("/readyz")).json() == {"ready": True, "reasons": {}}
        health.not_ready("kafka", "the broker does not answer")
        assert (await http.get("/readyz")).json()["reasons"] == {"kafka": "the broker does not answer"}
        assert "python_info" in (await http.get("/metrics")).text
