"""`tradegraph plugin …`: plugins made, tried, installed, switched off, signed, audited."""
