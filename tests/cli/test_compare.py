"""topmast compare: a script under astroquery and under topmast."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

TOPMAST = [sys.executable, "-c", "from topmast.cli import main; main()"]

needs_astroquery = pytest.mark.skipif(
    importlib.util.find_spec("astroquery") is None, reason="astroquery is not installed"
)


def compare(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TOPMAST, "compare", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def script(folder: Path, text: str) -> str:
    (folder / "script.py").write_text(textwrap.dedent(text))
    return "script.py"


@pytest.mark.peer
@needs_astroquery
def test_a_script_that_gives_the_same_ends_with_0(sample_folder: Path, tmp_path: Path) -> None:
    name = script(
        tmp_path,
        """
        import sys
        from astroquery.mast import Observations
        from astroquery.exceptions import InvalidQueryError
        table = Observations.query_object(sys.argv[1], radius=".02 deg")
        print(table["obsid", "obs_collection", "t_exptime"])
        products = Observations.get_product_list(table[0:2])
        print(Observations.download_products(products, productType="SCIENCE", extension="fits"))
        Observations.query_criteria(obs_id="there is none")
        try:
            Observations.query_criteria(filterz="NUV")
        except InvalidQueryError as problem:
            print(problem)
        sys.exit(3)
        """,
    )

    answer = compare("--archive", str(sample_folder), name, "M8", cwd=tmp_path)

    lines = answer.stdout.splitlines()
    assert answer.returncode == 0, answer.stdout
    assert lines[0].split() == ["exit", "code", "same", "3"]
    assert lines[3].split() == ["calls", "same", "5", "calls"]
    assert lines[-1].startswith("The same. (astroquery ")
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.peer
@needs_astroquery
def test_a_script_that_gives_something_else_ends_with_1(
    small_archive: Path, tmp_path: Path
) -> None:
    name = script(
        tmp_path,
        """
        import astroquery.mast
        from astroquery.mast import Observations
        print(astroquery.mast.__file__)
        Observations.query_criteria_count(obs_collection="HST")
        open("left.txt", "w").write(astroquery.mast.__file__)
        """,
    )

    answer = compare("--archive", str(small_archive), name, cwd=tmp_path)

    assert answer.returncode == 1
    assert answer.stdout.splitlines()[-1].startswith("Different: standard output, files.")
    assert "left.txt: has other contents" in answer.stdout


@pytest.mark.peer
@needs_astroquery
def test_a_script_may_read_files_beside_it(small_archive: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("HST\n")
    name = script(
        tmp_path,
        """
        from astroquery.mast import Observations
        print(Observations.query_criteria_count(obs_collection=open("names.txt").read().strip()))
        """,
    )

    answer = compare("--archive", str(small_archive), "--here", name, cwd=tmp_path)

    assert answer.returncode == 0, answer.stdout


def test_an_interpreter_without_astroquery_is_told(small_archive: Path, tmp_path: Path) -> None:
    name = script(tmp_path, "print(1)")
    bare = tmp_path / "bare"
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True, timeout=60
    )
    python = next(path for path in (bare / "bin" / "python", bare / "Scripts" / "python.exe")
                  if path.exists())  # fmt: skip

    answer = compare("--archive", str(small_archive), "--python", str(python), name, cwd=tmp_path)

    assert answer.returncode == 1
    assert "There is no astroquery to compare with" in answer.stderr
    assert "pip install astroquery" in answer.stderr


def test_an_interpreter_that_is_none_is_told(small_archive: Path, tmp_path: Path) -> None:
    name = script(tmp_path, "print(1)")

    answer = compare("--archive", str(small_archive), "--python", "/no/python", name, cwd=tmp_path)

    assert answer.returncode == 1
    assert "Cannot run /no/python" in answer.stderr


def test_a_script_that_is_not_there_is_told(tmp_path: Path) -> None:
    answer = compare("nothing.py", cwd=tmp_path)

    assert answer.returncode == 2
    assert "nothing.py" in answer.stderr
