"""Whether a process may get requests, as a load balancer asks it."""

import httpx
import pytest

from saleor_stoq_app.app import create_app
from saleor_stoq_app.config import Config
from saleor_stoq_app.wiring import open_house


@pytest.fixture
async def house(tmp_path):
    async with open_house(Config(data_dir=tmp_path)) as house:
        yield house


async def status(house, path: str) -> tuple[int, str]:
    transport = httpx.ASGITransport(create_app(house))
    async with httpx.AsyncClient(transport=transport, base_url="https://stoq.example") as caller:
        answer = await caller.get(path)
    return answer.status_code, answer.json()["status"]


async def test_a_house_with_its_database_is_ready(house):
    assert await status(house, "/health") == (200, "ok")
    assert await status(house, "/ready") == (200, "ready")


async def test_a_database_of_another_version_is_behind(house):
    await house.database.write(lambda conn: conn.exec_driver_sql("DELETE FROM alembic_version") and None)
    assert await status(house, "/ready") == (503, "behind")


async def test_a_database_that_cannot_answer_is_said_to_be_away_and_not_a_crash(house, tmp_path):
    house.database.engine.dispose()
    for file in tmp_path.glob("stoq.sqlite3*"):
        file.unlink()
    tmp_path.joinpath("stoq.sqlite3").mkdir()
    assert await status(house, "/ready") == (503, "unavailable")
    assert await status(house, "/health") == (200, "ok")
