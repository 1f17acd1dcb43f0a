"""Pages: what an official opens on the phone. Nothing here imports Prefect or SQL."""
