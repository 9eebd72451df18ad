/* Sets light or dark and the width of the menu before the first paint, from two cookies that hold nothing else. */
(function () {
  "use strict";
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const read = (name) => (document.cookie.match(new RegExp("(?:^|; )" + name + "=([a-z]+)")) || [])[1];
  const write = (name, value) => {
    const secure = window.location.protocol === "https:" ? "; Secure" : "";
    document.cookie = name + "=" + value + "; Path=/; Max-Age=31536000; SameSite=Lax" + secure;
  };
  const apply = () => {
    const theme = read("theme") || "auto";
    root.dataset.bsTheme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
    root.dataset.theme = theme;
    root.classList.toggle("menu-narrow", read("menu") === "narrow");
  };
  root.classList.add("js");
  apply();
  dark.addEventListener("change", apply);
  window.portalFrame = {
    setTheme(value) { write("theme", value); apply(); },
    toggleMenu() { write("menu", root.classList.contains("menu-narrow") ? "wide" : "narrow"); apply(); },
  };
})();
