/** Lint rules; the last blocks hold the layers apart: network, media, state and view know nothing of each other. */

import js from "@eslint/js";
import globals from "globals";

/** @param {string} folder @param {string[]} others */
const apart = (folder, others) => ({
  files: [`${folder}/**/*.js`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: others.map((other) => ({ group: [`**/${other}/**`], message: `${folder}/ must not know ${other}/` })),
      },
    ],
  },
});

export default [
  { ignores: ["node_modules/"] },
  js.configs.recommended,
  {
    languageOptions: { ecmaVersion: 2023, sourceType: "module", globals: globals.browser },
    rules: {
      "array-callback-return": "error",
      "consistent-return": "error",
      curly: ["error", "multi-line"],
      eqeqeq: "error",
      "max-len": ["error", { code: 120, ignoreUrls: true }],
      "max-lines": ["error", 400],
      "no-console": "error",
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Names and chat are text: build nodes with element()." },
        { property: "outerHTML", message: "Names and chat are text: build nodes with element()." },
        { property: "insertAdjacentHTML", message: "Names and chat are text: build nodes with element()." },
      ],
    },
  },
  { files: ["i18n/**"], rules: { "max-lines": "off" } }, // lists of sentences
  { files: ["tests/**", "eslint.config.js"], languageOptions: { globals: globals.node } },
  apart("network", ["media", "view", "i18n"]),
  apart("media", ["network", "view", "i18n"]),
  apart("state", ["network", "media", "view", "i18n"]),
  apart("i18n", ["network", "media", "view", "state"]),
  apart("view", ["network", "media"]),
];
