"""What pages hand to their templates: parts for the components, pages for whole templates."""
