"""The page of the classical problems says what happens."""

import re

import pytest


@pytest.mark.usefixtures("solver_here")
def test_every_example_of_the_page_holds(project_folder):
    page = project_folder / "docs" / "how-to" / "classical-problems.md"
    blocks = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 10
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)
