"""Words: languages, number formats, strings outside the pages."""
