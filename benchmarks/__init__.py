"""Benchmarks: what the engine costs, beside peers, in one run of one process.

Nouns: a `Shape` is a graph of trivial nodes whose results are known (`workload`), a `Contestant` runs it
(`peers`, `contestant`), a `Sample` is repeated timings of one phase, a `Table` is what a benchmark gives
(`report`). `overhead`, `yaml_reading` and `universe` are the benchmarks; `python -m benchmarks` runs all.
Nothing here is imported by the product.
"""
