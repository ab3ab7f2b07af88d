"""What is written is read back as it was."""

from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from onesoup.captures.yaml_text import write_yaml
from onesoup.wire.datatypes import legal_text

texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30).map(legal_text),
    st.sampled_from(["yes", "T", "12", "1.2", "<A>\n <B/>\n</A>\n", "a: b", "- x", "'", "#", "x #y", "${sid}", "null", " a"]),
)
values: Any = st.recursive(
    texts | st.integers() | st.booleans(),
    lambda inner: (
        st.lists(texts | inner.filter(lambda each: not isinstance(each, list)), max_size=3)
        | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(texts, values, min_size=1, max_size=4))
def test_any_data_is_read_back_as_it_was(data: dict[str, Any]) -> None:
    assert yaml.safe_load(write_yaml(data)) == data


def test_a_document_is_a_block_that_people_can_read() -> None:
    text = write_yaml({"steps": [{"name": "login", "send": "<A>\n <B>é</B>\n</A>\n"}]})
    assert text == "steps:\n- name: login\n  send: |\n    <A>\n     <B>é</B>\n    </A>\n"
