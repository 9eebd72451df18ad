"""Pages: server-rendered, complete without a script; htmx exchanges the list where there is one."""
