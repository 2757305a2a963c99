"""`tradegraph backtest`: what is wrong with a file or an option is said before anything is traded."""

import pytest

HEAD = "timestamp,open,high,low,close,volume,signal,w\n"
ROWS = [f"2020-01-0{day},10,11,9,10,100,{event},0.5\n" for day, event in ((1, 1), (2, 0), (3, -1), (4, 0))]


@pytest.fixture
def refused(tmp_path, capsys):
    """What the command says of a file and options that it refuses."""

    def told(text: str, *options: str) -> str:
        from pipeline.cli.app import main

        (tmp_path / "bars.csv").write_text(text)
        assert main(["backtest", str(tmp_path / "bars.csv"), "-o", str(tmp_path / "out"), *options]) == 2
        assert not (tmp_path / "out").exists()
        return capsys.readouterr().err

    return told


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (HEAD + "".join(ROWS), (), "give --signals or --target"),
        (HEAD + "".join(ROWS), ("--signals", "sgnal"), "has no column 'sgnal'"),
        (HEAD + "".join(reversed(ROWS)), ("--signals", "signal"), "do not ascend"),
        (HEAD + ROWS[0] + ROWS[0], ("--signals", "signal"), "do not ascend"),
        (HEAD + "".join(ROWS).replace(",1,", ",2,"), ("--signals", "signal"), "holds 2, allowed: -1, 0, 1"),
        (HEAD + "".join(ROWS).replace("10,11", "ten,11", 1), ("--signals", "signal"), "data row 0: open is 'ten'"),
        (HEAD + "".join(ROWS).replace("2020-01-02", "soon"), ("--signals", "signal"), "data row 1: 'soon' is no time"),
        (HEAD.replace("low", "bottom") + ROWS[0], ("--signals", "signal"), "has no column low"),
        (HEAD + "".join(ROWS), ("--signals", "signal", "--fill", "next"), "expected one of next_open"),
        (HEAD + "".join(ROWS), ("--signals", "signal", "--fee", "-1"), "fee"),
        (HEAD + "".join(ROWS), ("--target", "w", "--stop-loss", "0.1"), "--stop-loss does not go with --target"),
        (HEAD + "".join(ROWS), ("--target", "w", "--stop-loss", "w"), "--stop-loss does not go with --target"),
    ],
)
def test_a_fault_names_its_place(refused, text, options, said) -> None:
    assert said in refused(text, *options)
