/* The browsable API's requests that a plain form cannot send: any method, the body as text with its own media type. */
(function () {
  "use strict";
  const csrf = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}");

  function show(text, url) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    document.title = fresh.title;
    document.querySelector("main").replaceWith(document.adoptNode(fresh.querySelector("main")));
    window.history.replaceState({}, "", url);
    window.scrollTo(0, 0);
    document.querySelector("main").focus();
  }

  function send(form, method) {
    const headers = Object.assign({ Accept: "text/html" }, csrf());
    const body = form.querySelector("[data-api-body]");
    if (body) headers["Content-Type"] = form.querySelector("[data-api-type]").value;
    const tag = form.querySelector("[data-api-tag]"); // what the page shows: nothing is done to another state
    if (tag && tag.value) headers["If-Match"] = tag.value;
    return fetch(form.action, { method, headers, body: body ? body.value : undefined, credentials: "same-origin" }).then((answer) => {
      if (answer.status === 204) { window.location.assign(new URL("..", form.action)); return null; }
      const html = (answer.headers.get("Content-Type") || "").startsWith("text/html");
      return html ? answer.text().then((text) => show(text, form.action)) : window.location.assign(form.action);
    });
  }

  document.addEventListener("submit", (event) => {
    const method = (event.submitter && event.submitter.dataset.apiMethod) || event.target.dataset.apiMethod;
    if (!method) return;
    event.preventDefault();
    send(event.target, method).catch(() => {
      const line = document.createElement("p");
      line.className = "toast-line";
      line.textContent = document.getElementById("toasts").dataset.failed;
      document.getElementById("toasts").append(line);
    });
  });
})();
