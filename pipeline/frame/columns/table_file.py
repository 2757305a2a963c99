"""Frames in files: CSV, JSON and Parquet are read by polars, pickles are Python's; and frames as CSV or JSON text."""

from __future__ import annotations

import csv
import io
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipeline.frame.columns.columnar import Columnar
from pipeline.frame.index.index import Index
from pipeline.frame.library.gaps import refuse, unsupported
from pipeline.frame.time import clock
from pipeline.frame.time.moment import is_missing
from pipeline.frame.values.values import Values, missing_mask

__all__ = ["Written", "read_csv", "read_feather", "read_parquet", "read_pickle", "read_table"]

_MISSING = ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A",
            "NA", "NULL", "NaN", "None", "n/a", "nan", "null"]  # fmt: skip
_IGNORED = {"engine", "low_memory", "infer_datetime_format", "cache_dates", "memory_map", "float_precision", "encoding",
            "skipinitialspace", "on_bad_lines", "keep_date_col", "dayfirst"}  # fmt: skip


def read_csv(  # noqa: PLR0917 - pandas' signature
    filepath_or_buffer: Any, sep: str | None = ",", header: Any = "infer", names: Any = None, index_col: Any = None,
    usecols: Any = None, dtype: Any = None, parse_dates: Any = None, **options: Any,
) -> Any:  # fmt: skip
    """A frame from CSV text: numbers, conditions, else text; times where `parse_dates` asks for them."""
    sep = options.pop("delimiter", None) or sep
    skip, rows = options.pop("skiprows", 0) or 0, options.pop("nrows", None)
    layout, unit_names = options.pop("date_format", None), options.pop("na_values", None)
    thousands = options.pop("thousands", None)
    refuse("read_csv", {k: v for k, v in options.items() if k not in _IGNORED})
    if not isinstance(skip, int) or callable(usecols) or thousands:
        raise unsupported("read_csv", "skiprows= a list, usecols= a function, or thousands=")
    text = filepath_or_buffer.read() if hasattr(filepath_or_buffer, "read") else None
    source: Any = (
        io.BytesIO(text.encode() if isinstance(text, str) else text) if text is not None else str(filepath_or_buffer)
    )
    headed = header is not None and not (header == "infer" and names is not None)
    extra = [unit_names] if isinstance(unit_names, str) else list(unit_names or ())
    table = pl.read_csv(
        source, separator=sep or ",", has_header=headed, skip_rows=skip, n_rows=rows, null_values=_MISSING + extra,
        infer_schema_length=None, try_parse_dates=False, truncate_ragged_lines=True,
    )  # fmt: skip
    if names is not None:
        table = table.rename(dict(zip(table.columns, map(str, names), strict=False)))
    elif not headed:
        table = table.rename({name: str(i) for i, name in enumerate(table.columns)})
    elif table.columns and table.columns[0] == "":
        table = table.rename({"": "Unnamed: 0"})
    data: dict[Any, Values] = {name: Values.of(series) for name, series in zip(table.columns, table, strict=True)}
    if names is None and not headed:
        data = {int(name): values for name, values in data.items()}
    if usecols is not None:
        chosen = [list(data)[c] if isinstance(c, int) and c not in data else c for c in usecols]
        lost = [c for c in chosen if c not in data]
        if lost:
            raise ValueError(f"Usecols do not match columns, columns expected but not found: {lost}")
        data = {c: v for c, v in data.items() if c in chosen}
    for label, kind in dtype.items() if isinstance(dtype, dict) else ((c, dtype) for c in data if dtype is not None):
        if label in data:
            data[label] = data[label].cast(kind)
    labels: list[Any] = [] if index_col is None or index_col is False else _listed(index_col)
    labels = [list(data)[c] if isinstance(c, int) and c not in data else c for c in labels]
    dated = labels if parse_dates is True else _listed(parse_dates) if parse_dates else []
    for label in dated:
        name = list(data)[label] if isinstance(label, int) and label not in data else label
        if data[name].kind == "O":
            data[name] = clock.parsed(data[name], layout, coerce=False)
    length = len(table)
    made = Columnar._frame_type._of(data, Index(range(length)))
    return made if not labels else made.set_index(labels if len(labels) > 1 else labels[0])


def read_table(filepath_or_buffer: Any, **options: Any) -> Any:
    """As `read_csv`, for columns set apart by tabs."""
    return read_csv(filepath_or_buffer, **{"sep": "\t", **options})


def read_parquet(path: Any, columns: Any = None, **options: Any) -> Any:
    """A frame from a Parquet file."""
    refuse("read_parquet", {k: v for k, v in options.items() if k != "engine"})
    return _framed(pl.read_parquet(path, columns=columns))


def read_feather(path: Any, columns: Any = None, **options: Any) -> Any:
    """A frame from a Feather (Arrow IPC) file."""
    refuse("read_feather", options)
    return _framed(pl.read_ipc(path, columns=columns))


def _framed(table: pl.DataFrame) -> Any:
    return Columnar._frame_type.from_columns(table.to_dict(as_series=True))


def read_pickle(filepath_or_buffer: Any, **options: Any) -> Any:
    """Whatever was pickled. Only for files of your own: a pickle can run code."""
    refuse("read_pickle", options)
    if hasattr(filepath_or_buffer, "read"):
        return pickle.load(filepath_or_buffer)  # noqa: S301 - the plugin's own file, as in pandas
    with Path(filepath_or_buffer).open("rb") as file:
        return pickle.load(file)  # noqa: S301


class Written(Columnar):
    """Frames and Series as text and files."""

    def to_csv(  # noqa: PLR0917 - pandas' signature
        self, path_or_buf: Any = None, sep: str = ",", na_rep: str = "", float_format: Any = None, columns: Any = None,
        header: Any = True, index: bool = True, index_label: Any = None, mode: str = "w", **options: Any,
    ) -> str | None:  # fmt: skip
        """CSV text, into a file or given back."""
        refuse("to_csv", {k: v for k, v in options.items() if k not in {"encoding", "lineterminator", "date_format"}})
        frame = self if hasattr(self, "columns") else self.to_frame("0" if self.name is None else self.name)  # type: ignore[attr-defined]
        data = dict(frame._data)  # type: ignore[union-attr]
        if columns is not None:
            data = {c: data[c] for c in columns}
        shown = options.get("date_format")
        cells = [_texts(values, na_rep, float_format, shown) for values in data.values()]
        names = list(header) if isinstance(header, list) else list(data)
        if index:
            for place in reversed(range(self._index.nlevels)):
                cells.insert(0, _texts(self._index._level_values(place), na_rep, float_format, shown))
            given = index_label if isinstance(index_label, list) else [index_label] if index_label is not None else None
            names = [*(given or ["" if name is None else name for name in self._index.names]), *names]
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=sep, lineterminator=options.get("lineterminator") or "\n")
        if header is not False:
            writer.writerow(names)
        writer.writerows(zip(*cells, strict=True) if cells else ())
        text = stream.getvalue()
        if path_or_buf is None:
            return text
        if hasattr(path_or_buf, "write"):
            path_or_buf.write(text)
        else:
            with Path(path_or_buf).open(mode, encoding=options.get("encoding") or "utf-8", newline="") as file:
                file.write(text)
        return None

    def to_json(self, path_or_buf: Any = None, orient: str | None = None, **options: Any) -> str | None:
        """JSON text: by column (`columns`), or as `records`, `index`, `list`, `split` or `values`."""
        refuse(
            "to_json", {k: v for k, v in options.items() if k not in {"date_format", "indent", "date_unit", "index"}}
        )
        iso = options.get("date_format") == "iso"
        frame = self if hasattr(self, "columns") else None
        way = orient or ("columns" if frame is not None else "index")
        if frame is None:
            content: Any = self.to_dict() if way == "index" else self.tolist()  # type: ignore[attr-defined]
        elif way == "split":
            rows = [list(row) for row in frame.itertuples(index=False, name=None)]  # type: ignore[attr-defined]
            content = {"columns": list(frame._data), "index": list(self._index), "data": rows}  # type: ignore[attr-defined]
        elif way == "values":
            content = [list(row) for row in frame.itertuples(index=False, name=None)]  # type: ignore[attr-defined]
        else:
            content = frame.to_dict({"columns": "dict"}.get(way, way))  # type: ignore[attr-defined]
        text = json.dumps(_jsonable(content, iso=iso), indent=options.get("indent"), separators=(",", ":"))
        if path_or_buf is None:
            return text
        if hasattr(path_or_buf, "write"):
            path_or_buf.write(text)
        else:
            Path(path_or_buf).write_text(text, encoding="utf-8")
        return None

    def to_pickle(self, path: Any, **options: Any) -> None:
        """Pickled into a file."""
        refuse("to_pickle", {k: v for k, v in options.items() if k != "protocol"})
        if hasattr(path, "write"):
            pickle.dump(self, path)
            return
        with Path(path).open("wb") as file:
            pickle.dump(self, file)

    def to_parquet(self, path: Any, **options: Any) -> None:
        """Into a Parquet file; an index that is more than row numbers becomes a column."""
        refuse("to_parquet", {k: v for k, v in options.items() if k not in {"engine", "compression", "index"}})
        frame: Any = self if self._index._values.kind == "i" and self._index.name is None else self.reset_index()  # type: ignore[attr-defined]
        pl.DataFrame(frame.to_columns()).write_parquet(path)

    def to_feather(self, path: Any, **options: Any) -> None:
        """Into a Feather (Arrow IPC) file."""
        refuse("to_feather", options)
        pl.DataFrame(self.to_columns()).write_ipc(path)  # type: ignore[attr-defined]


def _texts(values: Values, na_rep: str, float_format: Any, date_format: str | None) -> list[str]:
    gone = missing_mask(values.array)
    if values.kind in "Mm":
        items = values.items()
        plain = values.kind == "M" and all(
            lost or item == item.normalize() for item, lost in zip(items, gone, strict=True)
        )
        layout = date_format or ("%Y-%m-%d" if plain and values.zone is None else None)
        return [
            na_rep if lost else item.strftime(layout) if layout else str(item)
            for item, lost in zip(items, gone, strict=True)
        ]
    made = []
    for item, lost in zip(values.plain_items(), gone, strict=True):
        if lost:
            made.append(na_rep)
        elif isinstance(item, float) and float_format is not None:
            made.append(float_format % item if isinstance(float_format, str) else float_format(item))
        else:
            made.append(str(item))
    return made


def _jsonable(item: Any, *, iso: bool) -> Any:
    if isinstance(item, dict):
        return {_json_key(key, iso=iso): _jsonable(value, iso=iso) for key, value in item.items()}
    if isinstance(item, list | tuple):
        return [_jsonable(one, iso=iso) for one in item]
    if is_missing(item):
        return None
    if isinstance(item, np.generic):
        return item.item()
    if hasattr(item, "isoformat"):
        return f"{item.isoformat()}" if iso else int(np.datetime64(item.replace(tzinfo=None), "ms").astype(np.int64))
    if hasattr(item, "total_seconds"):
        return int(item.total_seconds() * 1000)
    return item


def _json_key(key: Any, *, iso: bool) -> str:
    return str(_jsonable(key, iso=iso))


def _listed(labels: Any) -> list[Any]:
    return list(labels) if isinstance(labels, list | tuple) else [labels]
