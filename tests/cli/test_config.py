"""topmast config: the settings, and where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "astropy").mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "astropy" / "topmast.cfg"


def test_each_value_is_shown_with_its_source(
    run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[mast]\ntries = 2\n")
    monkeypatch.setenv("TOPMAST_TIMEOUT", "60")

    lines = run("config").stdout.splitlines()

    assert f"# {file}" in lines
    assert f"tries = 2  # from the configuration file {file}" in lines
    assert "timeout = 60.0  # from the environment variable TOPMAST_TIMEOUT" in lines
    assert "connections = 8" in lines


def test_the_output_can_be_the_configuration_file(run: Run, file: Path) -> None:
    lines = run("config", "tries", "timeout").stdout.splitlines()

    assert lines[-3:] == ["[mast]", "tries = 5", "timeout = 600.0"]


def test_a_password_in_an_address_is_not_shown(run: Run, file: Path) -> None:
    file.write_text("[mast]\nproxy = http://me:secret@proxy:3128\n")

    assert "secret" not in run("config").output


@pytest.mark.parametrize("words", [("config",), ("missions",)])
def test_a_misspelt_setting_in_the_file_is_refused(
    run: Run, file: Path, words: tuple[str, ...]
) -> None:
    file.write_text("[mast]\ntimout = 3\n")

    result = run(*words)

    assert result.exit_code == 2
    assert result.stderr == (
        f"Error: {file}: there is no setting 'timout'. Did you mean 'timeout'?\n"
    )


def test_a_file_that_is_no_configuration_is_refused(run: Run, file: Path) -> None:
    file.write_text("[mast\n")

    result = run("config")

    assert result.exit_code == 2
    assert result.stderr.startswith(f"Error: {file} cannot be read: ")


def test_an_unknown_name_is_refused_with_the_nearest(run: Run) -> None:
    result = run("config", "timout")

    assert result.exit_code == 2
    assert "There is no setting 'timout'. Did you mean 'timeout'?" in result.stderr
