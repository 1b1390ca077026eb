"""What stands around the pages of the examples is one module, and each app keeps its own look."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize(
    ("folder", "variable", "name"),
    [("third_party_app", "KESTREL", "Kestrel Carbon"), ("lease_score", "FAIRLET", "Fairlet")],
)
def test_an_app_says_in_its_own_look_what_went_wrong(folder, variable, name, tmp_path, monkeypatch):
    """An answer that nobody asked for, such as one that is opened twice; nothing of it is kept by the browser."""
    monkeypatch.setenv(f"{variable}_STATE_FILE", str(tmp_path / "state.json"))
    monkeypatch.setattr(sys, "path", [str(EXAMPLES / folder), str(EXAMPLES / "third_party_app"), *sys.path])
    # Both programs are called app; under another name neither takes the other's place.
    spec = importlib.util.spec_from_file_location(f"example_{folder}", EXAMPLES / folder / "app.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)

    answer = module.app.test_client().get("/callback")

    assert answer.status_code == 502
    assert answer.headers["Cache-Control"] == "no-store"
    for words in (f"{name}</title>", "That did not work", "We did not ask for this answer", "Connect my utility"):
        assert words in answer.text
