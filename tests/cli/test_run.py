"""topmast run: a script under topmast does what it does under python."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

TOPMAST = [sys.executable, "-c", "from topmast.cli import main; main()"]


def topmast_run(*words: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TOPMAST, "run", *words],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def python(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=60
    )


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return path


def test_a_script_gets_topmast_and_its_archive(small_archive: Path, tmp_path: Path) -> None:
    write(
        tmp_path / "script.py",
        """
        from astroquery.mast import Observations
        from astroquery.exceptions import InvalidQueryError
        print(Observations.list_missions())
        try:
            Observations.query_criteria(filterz="NUV")
        except InvalidQueryError as problem:
            print(problem)
        """,
    )

    answer = topmast_run("--archive", str(small_archive), "script.py", cwd=tmp_path)

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.splitlines() == [
        "['GALEX', 'HST', 'IUE']",
        "Filter 'filterz' does not exist. Did you mean 'filters'?",
    ]


def test_the_dialect_is_astroquerys_unless_the_guides_is_asked_for(
    small_archive: Path, tmp_path: Path
) -> None:
    write(
        tmp_path / "script.py",
        """
        from astroquery.mast import Observations
        print(len(Observations.query_criteria(obs_collection="HST")))
        """,
    )
    where = ["--archive", str(small_archive)]

    assert topmast_run(*where, "script.py", cwd=tmp_path).stdout == "2\n"
    assert topmast_run(*where, "--dialect", "guide", "script.py", cwd=tmp_path).stdout == "1\n"


def test_a_relative_archive_holds_wherever_the_script_goes(
    small_archive: Path, tmp_path: Path
) -> None:
    write(
        tmp_path / "script.py",
        """
        import os
        os.chdir("/")
        from astroquery.mast import Observations
        print(len(Observations.list_missions()))
        """,
    )
    (tmp_path / "here").symlink_to(small_archive)

    assert topmast_run("--archive", "here", "script.py", cwd=tmp_path).stdout == "3\n"


SEES = """
import sys, helper
print(__name__, __file__, sys.argv, sys.path[0], __package__, helper.WHERE)
print(sys.modules["__main__"].__dict__ is globals())
"""


def test_a_script_sees_what_it_sees_under_python(tmp_path: Path) -> None:
    write(tmp_path / "tools/script.py", SEES)
    write(tmp_path / "tools/helper.py", "WHERE = 'beside the script'")
    words = ["tools/script.py", "M101", "--archive", "its own", "-m", "-v", "--help"]

    ours, theirs = topmast_run(*words, cwd=tmp_path), python(*words, cwd=tmp_path)

    assert ours.stdout == theirs.stdout
    assert "beside the script" in ours.stdout
    assert ours.returncode == 0


def test_a_module_sees_what_it_sees_under_python(tmp_path: Path) -> None:
    write(tmp_path / "package/__init__.py", "")
    write(
        tmp_path / "package/__main__.py",
        SEES.replace("__package__,", "__package__, __spec__.name,"),
    )
    write(tmp_path / "package/module.py", SEES)
    write(tmp_path / "helper.py", "WHERE = 'beside the package'")

    for name in ("package", "package.module"):
        ours, theirs = (
            topmast_run("-m", name, "1", cwd=tmp_path),
            python("-m", name, "1", cwd=tmp_path),
        )

        assert ours.stdout == theirs.stdout
        assert "beside the package" in ours.stdout


def test_a_folder_or_a_zip_file_with_a_main_can_be_run(tmp_path: Path) -> None:
    write(tmp_path / "app/__main__.py", SEES)
    write(tmp_path / "app/helper.py", "WHERE = 'inside'")
    with zipfile.ZipFile(tmp_path / "app.zip", "w") as archive:
        for name in ("__main__.py", "helper.py"):
            archive.write(tmp_path / "app" / name, name)

    for name in ("app", "app.zip"):
        ours, theirs = topmast_run(name, "1", cwd=tmp_path), python(name, "1", cwd=tmp_path)

        assert ours.stdout == theirs.stdout
        assert "inside" in ours.stdout


@pytest.mark.parametrize(
    "script",
    [
        "def f():\n    1 / 0\nf()\n",
        "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('bad') from e\n",
        "x = = 1\n",
        "import nothing_of_this_name\n",
        "raise KeyboardInterrupt\n",
        "import sys\nsys.exit(7)\n",
        "import sys\nsys.exit('a message')\n",
        "raise SystemExit\n",
        "import sys\nsys.excepthook = lambda *a: print('caught', a[0].__name__)\n1 / 0\n",
        "import atexit\natexit.register(print, 'the end')\n",
        "import threading\nt = threading.Timer(0.05, lambda: print(__name__))\nt.start()\n",
        "# -*- coding: latin-1 -*-\nprint('plain')\n",
        "import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))).__module__)\n",
    ],
)
def test_errors_and_exit_codes_are_those_of_python(script: str, tmp_path: Path) -> None:
    write(tmp_path / "script.py", script)

    ours, theirs = topmast_run("script.py", cwd=tmp_path), python("script.py", cwd=tmp_path)

    assert ours.stdout == theirs.stdout
    assert ours.stderr == theirs.stderr
    interrupted = "KeyboardInterrupt" in script
    assert ours.returncode == (130 if interrupted else theirs.returncode)


def test_a_traceback_of_a_module_starts_in_the_module(tmp_path: Path) -> None:
    write(tmp_path / "package/__init__.py", "")
    write(tmp_path / "package/bad.py", "1 / 0\n")

    answer = topmast_run("-m", "package.bad", cwd=tmp_path)

    assert answer.returncode == 1
    assert answer.stderr.splitlines()[1].strip().startswith(f'File "{tmp_path}/package/bad.py"')


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["missing.py"], 2, "can't open file"),
        (["-m", "missing"], 1, "No module named missing"),
        (["-m", "missing.part"], 1, "No module named missing.part"),
        (["-m", "email"], 1, "No module named email.__main__; 'email' is a package"),
        (["-m", "sys"], 1, "no Python code"),
        ([], 2, "Missing argument"),
    ],
)
def test_what_cannot_be_run_is_one_line(
    words: list[str], code: int, message: str, tmp_path: Path
) -> None:
    answer = topmast_run(*words, cwd=tmp_path)

    assert answer.returncode == code
    assert message in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_wrong_archive_is_said_when_it_is_asked(tmp_path: Path) -> None:
    write(tmp_path / "script.py", "from astroquery.mast import Observations\nprint('so far')\n")

    answer = topmast_run("--archive", "nowhere", "script.py", cwd=tmp_path)

    assert (answer.returncode, answer.stdout) == (0, "so far\n")
