/* What makes the pages quicker to use. Every page works without this file. */
(function () {
  "use strict";
  const $ = (selector, root) => (root || document).querySelector(selector);
  const $$ = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const toasts = $("#toasts");
  const CONTROLS = "a, button, input, select, textarea, label, summary, dialog";

  function say(text) {
    const line = document.createElement("p");
    line.className = "toast-line";
    line.textContent = text;
    toasts.append(line);
    setTimeout(() => line.remove(), 5000);
  }

  /* Times: the exact one stays in the title, the text becomes relative. */
  const STEPS = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const relative = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

  function tellTime(node) {
    const seconds = (new Date(node.dateTime) - Date.now()) / 1000;
    if (Number.isNaN(seconds)) return;
    const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
    node.textContent = step ? relative.format(Math.round(seconds / step[1]), step[0]) : relative.format(0, "second");
    if ("ends" in node.dataset) node.dataset.state = seconds < 0 ? "over" : seconds < 7 * 86400 ? "soon" : "";
  }

  /* Selects that ask the server while one types: GET data-autocomplete?q=… answers {"results": [{"value", "text", "note"}]}. */
  function autocomplete(select) {
    const remote = Boolean(select.dataset.autocomplete);
    let picked = false;
    const load = (query, done) => {
      const url = new URL(select.dataset.autocomplete, window.location.href);
      url.searchParams.set("q", query);
      picked = false;
      /* The box opens its list with what has come, unless it has nothing to type in: so after a pick it stays closed. */
      const take = (rows) => {
        const hidden = box.isInputHidden;
        box.isInputHidden = hidden || picked;
        done(rows);
        box.isInputHidden = hidden;
      };
      fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" })
        .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
        .then((data) => take(data.results))
        .catch(() => { say(toasts.dataset.failed); take(); });
    };
    /* What is offered without a script would stand among what the server answers, in another order and other words. */
    if (remote) $$("option:not(:checked)", select).filter((one) => one.value).forEach((one) => one.remove());
    const line = (data, escape) => "<div>" + escape(data.text) + (data.note ? ' <span class="thing-note">' + escape(data.note) + "</span>" : "") + "</div>";
    const box = new window.TomSelect(select, {
      valueField: "value", labelField: "text", searchField: ["text", "note"], maxOptions: 50, preload: "focus",
      load: remote ? load : undefined, render: { option: line }, plugins: [],
      onItemAdd() {
        if (this.settings.mode === "multi") { this.setTextboxValue(""); this.refreshOptions(); } else picked = true;
      },
    });
    select.setAttribute("aria-hidden", "true");
    const label = select.id && $('label[for="' + CSS.escape(select.id) + '-ts-control"], label[for="' + CSS.escape(select.id) + '"]');
    if (!label && select.getAttribute("aria-label")) box.control_input.setAttribute("aria-label", select.getAttribute("aria-label"));
  }

  /* Dialogs: a link with data-dialog leads to a page of its own; its confirmation is lifted into the dialog. */
  const dialog = $("#dialog");
  let opener = null;

  /* The link that opened the dialog may be in a menu that has closed meanwhile; then its button gets the focus back. */
  function returnFocus() {
    const menu = opener && opener.closest("details:not([open])");
    const back = menu ? $("summary", menu) : opener;
    if (back) back.focus();
  }

  function checkTypedName(form) {
    const field = $("[data-typed-name]", form);
    const button = $("[data-confirm-submit]", form);
    if (field && button) button.disabled = field.value.trim() !== field.dataset.typedName;
  }

  function openDialog(link) {
    opener = link;
    fetch(link.href, { credentials: "same-origin", headers: { "X-Dialog": "1" } }).then((answer) => answer.text()).then((text) => {
      const body = new DOMParser().parseFromString(text, "text/html").getElementById("confirm-body");
      if (!body) { window.location.assign(link.href); return; }
      if (!body.hasAttribute("action")) body.setAttribute("action", link.href);
      dialog.replaceChildren(document.adoptNode(body));
      enhance(dialog);
      dialog.showModal();
    }).catch(() => window.location.assign(link.href));
  }

  /* Ticked rows */
  function ticks() { return $$('input[type=checkbox][form="bulk"]'); }

  function countTicks() {
    const bar = $("[data-bulk]");
    if (!bar) return;
    const all = ticks();
    const on = all.filter((box) => box.checked);
    bar.classList.toggle("is-open", on.length > 0);
    $("[data-bulk-count]", bar).textContent = String(on.length);
    all.forEach((box) => { const row = box.closest("tr"); if (row) row.classList.toggle("is-ticked", box.checked); });
    const head = $("[data-select-all]");
    if (head) { head.checked = on.length > 0 && on.length === all.length; head.indeterminate = on.length > 0 && on.length < all.length; }
  }

  function copy(button) {
    if (!navigator.clipboard) { say(toasts.dataset.copyFailed); return; }
    navigator.clipboard.writeText(button.dataset.copy).then(() => say(toasts.dataset.copied), () => say(toasts.dataset.copyFailed));
  }

  function togglePassword(button) {
    const field = $("input", button.parentElement);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  }

  /* Where the tabs do not fit, the open one is not left out of sight. */
  function showTab(tab) {
    const bar = tab.closest(".tabs");
    bar.scrollLeft += Math.max(0, tab.getBoundingClientRect().right - bar.getBoundingClientRect().right + 16);
  }

  function enhance(root) {
    $$("time[data-time]", root).forEach(tellTime);
    $$("[data-password-toggle], [data-menu-toggle]", root).forEach((button) => { button.hidden = false; });
    $$("form.confirm", root).forEach(checkTypedName);
    if (window.TomSelect) $$("select[data-autocomplete]", root).filter((one) => !one.tomselect).forEach(autocomplete);
    const focus = $("[data-focus]", root);
    if (focus) focus.focus();
    $$(".tabs a[aria-current]", root).forEach(showTab);
    countTicks();
  }

  const CLICKS = {
    "[data-copy]": copy,
    "[data-password-toggle]": togglePassword,
    "[data-menu-toggle]": () => window.portalFrame.toggleMenu(),
    "[data-theme-set]": (button) => { window.portalFrame.setTheme(button.dataset.themeSet); const menu = button.closest("details"); if (menu) menu.open = false; },
    "[data-bulk-clear]": () => { ticks().forEach((box) => { box.checked = false; }); countTicks(); },
  };

  document.addEventListener("click", (event) => {
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    $$("details[data-drop][open]").forEach((one) => { if (!one.contains(event.target)) one.open = false; });
    for (const [selector, act] of Object.entries(CLICKS)) {
      const button = event.target.closest(selector);
      if (button) { act(button); return; }
    }
    const opener = event.target.closest("a[data-dialog]");
    if (opener && plain && dialog) { event.preventDefault(); openDialog(opener); return; }
    if (dialog && dialog.open && (event.target === dialog || event.target.closest("[data-dialog-close]"))) { event.preventDefault(); dialog.close(); return; }
    const row = event.target.closest("tr[data-href]");
    if (row && plain && !event.target.closest(CONTROLS) && !String(window.getSelection())) window.location.assign(row.dataset.href);
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-select-all]")) ticks().forEach((box) => { box.checked = event.target.checked; });
    if (event.target.matches('[data-select-all], [form="bulk"]')) countTicks();
  });

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form.confirm");
    if (form) checkTypedName(form);
  });

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const search = $("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key !== "Escape") return;
    $$("details[data-drop][open]").forEach((one) => { one.open = false; if (one.contains(event.target)) $("summary", one).focus(); });
    if (window.location.hash === "#menu") window.location.hash = "content";
  });

  if (dialog) dialog.addEventListener("close", returnFocus);
  document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));
  document.addEventListener("htmx:afterSettle", (event) => { if (event.target.id === "results") $$(".filters details[open]").forEach((one) => { one.open = false; }); });
  /* A list whose address nobody understands is a 400 that says so, and shown like any list. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answer = event.detail;
    if (answer.xhr.status === 400 && answer.target.id === "results" && answer.serverResponse.includes('id="results"')) {
      answer.shouldSwap = true;
      answer.isError = false;
    }
  });
  document.addEventListener("htmx:responseError", (event) => say(toasts.dataset[{ 403: "refused", 503: "busy" }[event.detail.xhr.status] || "failed"]));
  document.addEventListener("htmx:sendError", () => say(toasts.dataset.failed));
  enhance(document);
  setInterval(() => $$("time[data-time]").forEach(tellTime), 60000);
})();
