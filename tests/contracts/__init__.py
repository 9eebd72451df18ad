"""House rules as machine checks: what a reviewer would otherwise have to look for by eye."""
