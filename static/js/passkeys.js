/* Buttons that ask the browser for a passkey, and send what it gives with their form.
   data-passkey: "get" or "create"; data-options: what the server asks for, as JSON; data-options-url: where it is asked. */
(function () {
  "use strict";

  function say(text) {
    const line = document.createElement("p");
    line.className = "toast-line";
    line.textContent = text;
    document.getElementById("toasts").append(line);
    setTimeout(() => line.remove(), 8000);
  }

  async function options(button) {
    if (button.dataset.options) return JSON.parse(button.dataset.options);
    const answer = await fetch(button.dataset.optionsUrl, { headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return (await answer.json()).request_options;
  }

  async function ask(button) {
    const form = button.form;
    button.disabled = true;
    try {
      const found = await window.webauthnJSON[button.dataset.passkey](await options(button));
      form.querySelector('input[name$="credential"]').value = JSON.stringify(found);
      form.submit();
    } catch {
      say(document.getElementById("toasts").dataset.passkeyFailed);
    } finally {
      button.disabled = false;
    }
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-passkey]");
    if (!button) return;
    event.preventDefault();
    ask(button);
  });
})();
