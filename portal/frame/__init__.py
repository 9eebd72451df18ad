"""What all pages are made of: screens, lists, forms, tables, filters and the menu."""
