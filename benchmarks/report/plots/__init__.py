"""One plot a file, each a function from results to an inline SVG figure, or None where there is nothing to draw."""
