"""The node types that the page declares, loaded and run in a project."""

import pytest

pytestmark = pytest.mark.xdist_group("reader")

GRAPH = """
tradegraph: 1
name: styles
bars:
  daily: {timeframe: 1d, symbols: all}
nodes:
  mid: {use: midpoint, in: daily, with: {weight: 0.25}}
  high: {use: highest_yet, in: mid}
  mean: {use: typical, in: daily}
  moves: {use: returns, in: high}
  best: {use: best_day, in: {returns: moves}}
outputs: {best: best, mid: mid, mean: mean}
"""


def test_every_node_on_the_page_loads_and_computes(quick_start, answer, blocks):
    project = quick_start[0] / "my-project"
    for number, block in enumerate(blocks("docs/how-it-works.md", "python")):
        (project / "nodes" / "custom" / f"page_{number}.py").write_text(block)
    (project / "graphs" / "styles.yaml").write_text(GRAPH)
    assert "Share of the high" in answer("tradegraph nodes show midpoint", project)
    answer("tradegraph run styles", project)
    # 0.25 * high + 0.75 * low of the first S&P bar, and its typical price, from the sample file
    both = "select m.value, t.value from styles.mid m join styles.mean t using (symbol, ts)"
    first = f"{both} where symbol = 'SPX' order by ts limit 1"
    rows = answer(f'tradegraph sql --format csv "{first}"', project).splitlines()
    line = (project / "examples" / "bars" / "SPX.csv").read_text().splitlines()[1]
    _, _, high, low, close, _ = line.split(",")
    middle, typical = map(float, rows[1].split(","))
    assert abs(middle - (0.25 * float(high) + 0.75 * float(low))) < 1e-9
    assert abs(typical - (float(high) + float(low) + float(close)) / 3) < 1e-9


def test_the_page_names_every_room(page, request):
    pipeline = request.config.rootpath / "pipeline"
    rooms = {p.name for p in pipeline.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    text = page("docs/how-it-works.md")
    assert [room for room in sorted(rooms) if f"`pipeline/{room}`" not in text] == []


@pytest.mark.parametrize("room", ["cli", "frame"])
def test_the_page_names_the_rooms_of_a_room_and_a_listing_of_each_fits_a_screen(page, request, room):
    folders = [p.parent for p in (request.config.rootpath / "pipeline" / room).glob("*/__init__.py")]
    text = page("docs/how-it-works.md")
    assert [p.name for p in sorted(folders) if f"`{room}/{p.name}`" not in text] == []
    assert [p.name for p in sorted(folders) if len(list(p.glob("*.py"))) > 20] == []
