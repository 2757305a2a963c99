"""`tradegraph market …`: plugins searched, installed, published and reviewed, and a marketplace kept."""
