"""Times, spans, periods, calendar steps and frequencies, as scalars and as columns."""
