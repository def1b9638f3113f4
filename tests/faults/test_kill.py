"""kill -9 at random moments: nothing wrong under a final name, and little is fetched twice.

``KILLS=200 pytest tests/faults/test_kill.py`` does it 200 times.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.download.file_server import FileServer
from tests.download.products import files_below, fits_bytes, gz_bytes, products, uri

KILLS = int(os.environ.get("KILLS", "12"))
RATE = 1.5e6

pytestmark = [
    pytest.mark.timeout(60 + 5 * KILLS),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL"),
]


def mixed_files() -> dict[str, bytes]:
    """Small files, some middling ones, and one that is fetched in several segments."""
    files = {f"small{n}.fits": fits_bytes(n, 6000) for n in range(12)}
    files |= {f"text{n}.txt": b"0123456789\n" * 2000 * (n + 1) for n in range(4)}
    files |= {f"packed{n}.fits.gz": gz_bytes(n) for n in range(3)}
    files |= {f"middle{n}.fits": fits_bytes(n + 50, 90_000) for n in range(4)}
    return files | {"large.fits": fits_bytes(99, 800_000)}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return mixed_files()


@pytest.fixture(scope="module")
def file_server(files: dict[str, bytes]) -> Iterator[FileServer]:
    with FileServer({uri(name): content for name, content in files.items()}, RATE) as server:
        yield server


class Victims:
    """The process that starts downloads and kills them."""

    def __init__(self, folder: Path, files: dict[str, bytes]) -> None:
        table = products(files)
        path = folder / "products.json"
        path.write_text(json.dumps({name: table[name].tolist() for name in table.colnames}))
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("victim.py")), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, folder: Path, url: str, seconds: float) -> str:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(folder, url, seconds, sep="\t", file=self.process.stdin, flush=True)
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


@pytest.fixture(scope="module")
def victims(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> Iterator[Victims]:
    victims = Victims(tmp_path_factory.mktemp("victims"), files)
    yield victims
    victims.end()


def finals(folder: Path) -> dict[str, bytes]:
    """The files under final names, by name."""
    return {
        Path(path).name: content
        for path, content in files_below(folder).items()
        if not path.endswith((".part", ".part.json"))
    }


def test_a_killed_download_leaves_only_whole_files_and_goes_on_where_it_stopped(
    victims: Victims, file_server: FileServer, files: dict[str, bytes], tmp_path: Path
) -> None:
    chance = random.Random(7)
    size = sum(map(len, files.values()))
    twice: list[float] = []
    for number in range(KILLS):
        folder = tmp_path / str(number)
        file_server.sent.clear()

        ended = victims.run(folder, file_server.url, chance.uniform(0.02, 1.2))
        after_kill = finals(folder)
        again = victims.run(folder, file_server.url, 0)

        assert all(content == files[name] for name, content in after_kill.items())
        assert (ended in ("killed", "ended"), again) == (True, "ended")
        assert finals(folder) == files
        assert len(files_below(folder)) == len(files)
        twice.append(sum(file_server.sent.values()) / size - 1)

    average = sum(twice) / len(twice)
    print(f"{KILLS} kills, {average:.2%} fetched twice, at most {max(twice):.2%}")
    assert average < 0.05


def test_several_kills_in_a_row_end_in_the_right_files(
    victims: Victims, file_server: FileServer, files: dict[str, bytes], tmp_path: Path
) -> None:
    chance = random.Random(8)
    for _ in range(6):
        victims.run(tmp_path, file_server.url, chance.uniform(0.05, 0.3))
        assert all(content == files[name] for name, content in finals(tmp_path).items())

    assert victims.run(tmp_path, file_server.url, 0) == "ended"
    assert finals(tmp_path) == files
