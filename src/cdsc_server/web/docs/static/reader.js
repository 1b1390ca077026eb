// Opens the bundled reader on this server's own document. Nothing is asked of any other host.
"use strict";

document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);

const reader = document.getElementById("reader");

// Names for the landmarks it draws, and for those it leaves out; it marks one without a name in each open operation.
new MutationObserver(() => {
  const name = (selector, role, label) => {
    const part = reader.querySelector(selector);
    part?.setAttribute("role", role);
    part?.setAttribute("aria-label", label);
  };
  name(".information-container", "region", "About");
  name(".filter-container", "search", "Filter");
  reader.querySelectorAll("table[role=region]").forEach((table) => table.removeAttribute("role"));
}).observe(reader, { childList: true, subtree: true });

SwaggerUIBundle({
  url: reader.dataset.document,
  dom_id: "#reader",
  // The validator badge and the stored token would each leave traces elsewhere.
  validatorUrl: null,
  persistAuthorization: false,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  filter: true,
  // The page explains and never calls: a client secret has no place in a form of a web page.
  supportedSubmitMethods: [],
  plugins: [
    () => ({
      wrapComponents: {
        authorizeBtn: () => () => null,
        authorizeOperationBtn: () => () => null,
        // A link inside the button that opens the operation is one control too many; the button changes the address.
        DeepLink: () => (part) => part.text,
      },
    }),
  ],
});
