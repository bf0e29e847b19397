"""Reports on bench documents: Markdown, one HTML page, comparison of two runs, a leaderboard of many."""
