"""Clock and calendar against pandas."""

from __future__ import annotations


def test_fields_of_times_are_those_of_pandas(agrees) -> None:
    agrees(
        "df.timestamp.dt.hour",
        "df.timestamp.dt.dayofweek",
        "df.timestamp.dt.weekday",
        "df.timestamp.dt.day",
        "df.timestamp.dt.month",
        "df.timestamp.dt.year",
        "df.timestamp.dt.minute",
        "df.timestamp.dt.date",
        "df.timestamp.dt.quarter",
        "df.timestamp.dt.dayofyear",
        "df.timestamp.dt.strftime('%Y-%m-%d')",
        "df.timestamp.dt.normalize()",
        "df.timestamp.dt.floor('D')",
        "df.timestamp.dt.floor('h')",
        "df.timestamp.dt.time",
        "df[df.timestamp.dt.hour.between(9, 16)]",
    )


def test_zones_are_those_of_pandas(agrees) -> None:
    agrees(
        "df.timestamp.dt.tz_localize('UTC').dt.tz_localize(None)",
        "df.timestamp.dt.tz_localize('UTC').dt.tz_convert('America/New_York').dt.hour",
        "pd.to_datetime(pd.Series(['2023-01-01', '2023-01-02']), utc=True).dt.tz_convert(None)",
        "pd.date_range('2023-01-01', periods=4, freq='D', tz='UTC')",
    )


def test_times_are_read_as_in_pandas(agrees) -> None:
    agrees(
        "pd.to_datetime(df.timestamp)",
        "pd.to_datetime(['2023-01-01', '2023-01-02'])",
        "pd.to_datetime('2023-01-01')",
        "pd.to_datetime('2023-01-01 10:00:00').hour",
        "pd.to_datetime(1672531200, unit='s')",
        "pd.to_datetime(pd.Series([1672531200, 1672534800]), unit='s')",
        "pd.to_datetime(pd.Series([1672531200000, 1672534800000]), unit='ms')",
        "pd.to_datetime(pd.Series(['2023-01-01', 'x']), errors='coerce')",
        "pd.to_datetime(pd.Series(['01/02/2023']), format='%d/%m/%Y')",
        "pd.to_numeric(pd.Series(['1', '2.5']))",
        "pd.to_numeric(pd.Series(['1', 'x']), errors='coerce')",
        "pd.to_numeric(df.volume)",
    )


def test_ranges_of_times_are_those_of_pandas(agrees) -> None:
    agrees(
        "pd.date_range('2023-01-01', periods=5)",
        "pd.date_range('2023-01-01', periods=5, freq='h')",
        "pd.date_range('2023-01-01', '2023-01-03', freq='12h')",
        "pd.date_range('2023-01-01', periods=4, freq='5min')",
        "pd.date_range('2023-01-01', periods=4, freq='B')",
        "pd.date_range('2023-01-01', periods=4, freq='W')",
        "pd.date_range('2023-01-15', periods=4, freq='MS')",
        "pd.date_range('2023-01-15', periods=4, freq='ME')",
        "pd.date_range(end='2023-01-05', periods=3)",
        "pd.date_range('2023-01-01', '2023-01-02', periods=5)",
    )


def test_moments_and_spans_are_those_of_pandas(agrees) -> None:
    agrees(
        "pd.Timestamp('2023-01-01') + pd.Timedelta(days=1)",
        "pd.Timestamp('2023-01-02') - pd.Timestamp('2023-01-01')",
        "pd.Timestamp(2023, 1, 2).dayofweek",
        "pd.Timestamp('2023-05-06 07:08').strftime('%H:%M')",
        "pd.Timedelta('1h') / pd.Timedelta('15min')",
        "pd.Timedelta(hours=3).total_seconds()",
        "pd.Timedelta('1 days 02:00:00').days",
        "df.timestamp.iloc[-1] - df.timestamp.iloc[0]",
        "(df.timestamp.iloc[-1] - df.timestamp.iloc[0]).days",
        "df.timestamp.iloc[0].hour",
        "df.timestamp.iloc[0].isoformat()",
        "str(df.timestamp.iloc[0])",
        "str(pd.Timedelta(hours=30))",
        "df.timestamp.max() - pd.Timedelta(days=1)",
        "df[df.timestamp > df.timestamp.max() - pd.Timedelta(days=1)]",
        "pd.Timestamp('2023-01-01').timestamp()",
        "pd.NaT is pd.NaT",
        "pd.isna(pd.NaT)",
    )


def test_a_time_index_finds_rows_as_in_pandas(agrees) -> None:
    agrees(
        "df.set_index('timestamp').loc['2023-01-31']",
        "df.set_index('timestamp').loc['2023-01-31':'2023-02-01']",
        "df.set_index('timestamp').loc['2023-01-31':, 'close']",
        "df.set_index('timestamp').index.hour",
        "df.set_index('timestamp').index.date.tolist()",
        "df.set_index('timestamp').index.dayofweek",
        "df.set_index('timestamp').index.to_series()",
    )
