"""The Python examples of the README and the documents run, in order and in one namespace a file."""

import json
import re
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "docs/chemistry.md", "docs/estimators.md", "docs/scaling.md")
NEEDS = {"docs/chemistry.md": "pyscf"}
SECONDS = re.compile(r"in (\d+) s \(median of `results\.json`\)")
FENCE = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_python_examples_run(document, tmp_path, monkeypatch):
    if document in NEEDS:
        pytest.importorskip(NEEDS[document])
    text = (ROOT / document).read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "readme"}
    for match in FENCE.finditer(text):
        # Blank lines in front, so that a traceback shows the line of the document.
        source = "\n" * text.count("\n", 0, match.start(1)) + match.group(1)
        exec(compile(source, document, "exec"), namespace)


def test_every_document_with_python_is_run():
    paths = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("models/**/*.md")]
    found = {str(p.relative_to(ROOT)) for p in paths if FENCE.search(p.read_text("utf-8"))}
    assert found == set(DOCUMENTS)


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("models/*/results.json")), ids=lambda p: p.parent.name
)
def test_a_model_tells_the_seconds_of_its_results(path):
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
    median = statistics.median(run["seconds"] for run in runs)
    told = SECONDS.findall((path.parent / "README.md").read_text(encoding="utf-8"))
    assert told == [f"{median:.0f}"]
