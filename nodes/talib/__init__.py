"""Every function of TA-Lib as a node type, `talib.rsi` for RSI.

The declarations are data: `functions.json` holds for each function its ports, typed params with the
bounds that TA-Lib enforces, outputs with their kinds, and whether values depend on more than a window.
`python -m nodes.talib._probe` asks the installed TA-Lib for all of it and writes the file anew; a test
compares. `functions` makes node types of it, `_run` calls TA-Lib so that gaps, whole numbers and shared
settings do no harm. TA-Lib itself is imported when the first of these nodes is used, never to list them.
"""
