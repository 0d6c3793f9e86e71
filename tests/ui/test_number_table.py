"""Numbers of tables are written with a minus sign and sorted by their values."""

from __future__ import annotations

import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.widgets.found.number_table import write_numbers


def test_a_negative_number_has_a_minus_sign_in_the_places_of_its_column() -> None:
    table = pd.DataFrame({"energy": [-0.165, 1.0, None], "gap": [1.0, 2.0, 0.0], "name": ["R-3m", "-1", "x"]})
    columns = {"energy": st.column_config.NumberColumn("E", format="%.2f"), "gap": "Gap"}
    written, shown = write_numbers(table, columns)
    assert not isinstance(written, pd.DataFrame)
    assert written.data["energy"].tolist()[:2] == [-0.165, 1.0], "sorted and copied as numbers"
    assert "format" not in str(shown["energy"]).replace("'format': None", ""), "else the browser writes by it"
    cells = {cell["display_value"] for row in written._translate(False, False)["body"] for cell in row}
    assert {"−0.17", "1.00", "-1", "R-3m"} <= cells  # Python rounds half to even in binary: −0.165 is below


def test_a_whole_number_beside_a_negative_one_has_no_places() -> None:
    """A front with a row that stands on none is a column of floats: 1, not 1.000000."""
    table = pd.DataFrame({"front": [1.0, None], "energy": [-1.0, 2.0], "gap": [0.0084, 1.0]})
    written, _columns = write_numbers(table, {"gap": st.column_config.NumberColumn("Gap", format="%.2f")})
    assert not isinstance(written, pd.DataFrame)
    body = written._translate(False, False)["body"]
    rows = [[cell["display_value"] for cell in row if cell["type"] == "td"] for row in body]
    assert [row[:2] for row in rows] == [["1", "−1"], ["", "2"]]


@pytest.mark.parametrize("table", [pd.DataFrame({"gap": [1.0, 2.0]}), pd.DataFrame({"e": [-1.0] * 1001})])
def test_a_table_without_negative_numbers_or_a_long_one_is_left_as_it_is(table: pd.DataFrame) -> None:
    assert write_numbers(table, {})[0] is table


def test_hidden_columns_are_not_in_the_menu_of_the_table() -> None:
    """The browser's own menu of columns would offer them by their keys."""
    written, columns = write_numbers(
        pd.DataFrame({"gap": [1.0], "gap_judge": [None]}), {"gap": "Gap", "gap_judge": None}
    )
    assert isinstance(written, pd.DataFrame)
    assert (list(written), columns) == (["gap"], {"gap": "Gap"})


def test_the_browser_is_told_what_to_write() -> None:
    def page() -> None:
        import pandas as pd
        import streamlit as st

        from pages.widgets.found.number_table import write_numbers

        config = {"energy": st.column_config.NumberColumn("E", format="%.2f")}
        written, config = write_numbers(pd.DataFrame({"energy": [-1.084, 2.0]}), config)
        st.dataframe(written, column_config=config)

    (shown,) = AppTest.from_function(page).run().dataframe
    assert shown.value["energy"].tolist() == [-1.084, 2.0]
    assert "−1.08".encode() in shown.proto.arrow_data.styler.display_values
