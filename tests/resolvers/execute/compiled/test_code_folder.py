"""Modules of generated code: found by their text, and only by it."""

from pathlib import Path

import pytest

from weir.resolvers.execute.compiled.code_folder import CodeFolder

ONE, OTHER = "def one():\n    return 1\n", "def other():\n    return 2\n"


def run(folder: CodeFolder, text: str, name: str) -> object:
    code = folder.find(text)
    assert code is not None
    names: dict[str, object] = {}
    exec(code, names)  # noqa: S102 - the text above
    function = names[name]
    assert callable(function)
    return function()


@pytest.fixture
def folder(tmp_path: Path) -> CodeFolder:
    written = CodeFolder(tmp_path)
    written.write([ONE, OTHER])
    return written


def test_a_module_is_found_by_its_text(folder: CodeFolder) -> None:
    assert (run(folder, ONE, "one"), run(folder, OTHER, "other")) == (1, 2)
    assert folder.find("def more():\n    return 3\n") is None


def test_byte_code_is_read_in_place_of_the_source(folder: CodeFolder) -> None:
    assert len([*folder.folder.glob("__pycache__/*.pyc")]) == 2


def test_a_file_with_another_text_is_not_run(folder: CodeFolder) -> None:
    for file in folder.folder.glob("*.py"):
        file.write_text(file.read_text().replace("return", "return 7 +"))

    assert folder.find(ONE) is None


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", None])
def test_a_damaged_file_is_not_run(folder: CodeFolder, content: bytes | None) -> None:
    for file in folder.folder.glob("*.py"):
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)

    assert folder.find(ONE) is None


def test_byte_code_of_another_python_is_not_run(folder: CodeFolder) -> None:
    for file in folder.folder.glob("__pycache__/*.pyc"):
        file.write_bytes(b"\0" * 20)

    assert run(folder, ONE, "one") == 1


@pytest.mark.parametrize("code", [b"", b"\xe3\0", b"?", b"N", b"\xe3" + b"\xff" * 99])
def test_damaged_byte_code_is_not_run(folder: CodeFolder, code: bytes) -> None:
    for file in folder.folder.glob("__pycache__/*.pyc"):
        header = file.read_bytes()[:16]
        file.write_bytes(header + code)

    assert folder.find(ONE) is None


def test_old_modules_are_removed_and_other_files_are_not(folder: CodeFolder) -> None:
    kept = folder.folder / "readme.py"
    kept.write_text("")

    folder.write([OTHER])

    assert folder.find(ONE) is None
    assert run(folder, OTHER, "other") == 2
    assert kept.exists()
    assert len([*folder.folder.glob("code_*.py")]) == 1
    assert len([*folder.folder.glob("__pycache__/code_*.pyc")]) == 1
