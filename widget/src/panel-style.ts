import { css, unsafeCSS } from "lit";
import { COLOURS, DARK_COLOURS } from "./colours";

export const PANEL_STYLE = css`
  :host { all: initial !important; display: contents !important; }
  .wrapper { all: initial; ${unsafeCSS(COLOURS)} }
  @media (prefers-color-scheme: dark) { .wrapper { ${unsafeCSS(DARK_COLOURS)} } }
  * { box-sizing: border-box; }
  dialog {
    position: fixed; inset: auto; z-index: var(--botwijzer-z-index, 2147483000); margin: 0; padding: 0;
    right: calc(var(--botwijzer-space, 20px) + env(safe-area-inset-right));
    bottom: calc(var(--botwijzer-space, 20px) + env(safe-area-inset-bottom));
    width: min(420px, calc(100vw - 40px)); height: min(680px, calc(100vh - 40px)); max-width: none; max-height: none;
    flex-direction: column; overflow: hidden auto; border: 1px solid var(--line); border-radius: var(--radius);
    background: var(--ground); color: var(--text); font: 1.0625em/1.5 var(--font); text-align: left;
    box-shadow: 0 8px 40px rgb(0 0 0 / 35%); color-scheme: light dark;
  }
  dialog[open] { display: flex; }
  dialog.left { right: auto; left: calc(var(--botwijzer-space, 20px) + env(safe-area-inset-left)); }
  dialog.whole {
    inset: var(--top, 0) 0 auto 0; width: 100%; height: var(--height, 100dvh); border: 0; border-radius: 0;
    padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
  }
  .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .bar {
    display: flex; align-items: center; gap: 8px; padding: 6px 6px 6px 16px; position: sticky; top: 0; z-index: 1;
    background: var(--accent); color: var(--on-accent);
  }
  h2 { flex: 1; margin: 0; font-size: 1.1em; font-weight: 600; }
  button {
    min-height: 44px; min-width: 44px; padding: 6px 14px; border: 1px solid var(--accent); border-radius: 10px;
    background: var(--ground); color: var(--accent); font: inherit; line-height: 1.3; cursor: pointer;
  }
  @media (hover: hover) { button:hover { background: var(--soft); } }
  button[type="submit"], button[aria-pressed="true"] { background: var(--accent); color: var(--on-accent); }
  .bar button { padding: 0; border-color: transparent; background: none; color: inherit; font-size: 1.4em; }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  .log:focus-visible { outline-offset: -3px; }
  textarea:focus-visible { outline-offset: 0; }
  .bar :focus-visible { outline-color: var(--on-accent); outline-offset: -4px; }
  .log {
    flex: 1; min-height: 6em; overflow-y: auto; overscroll-behavior: contain; padding: 16px;
    display: flex; flex-direction: column; gap: 12px; position: relative;
  }
  .message {
    max-width: 92%; align-self: flex-start; padding: 10px 14px; border: 1px solid transparent;
    border-radius: var(--radius); background: var(--soft); overflow-wrap: anywhere;
  }
  .earlier { align-self: center; }
  .visitor { align-self: flex-end; background: var(--accent); color: var(--on-accent); }
  .typed { white-space: pre-wrap; }
  .staff { border-color: var(--accent); background: var(--ground); }
  .who { display: block; font-weight: 600; }
  p, ul { margin: 0 0 0.6em; }
  p:last-child, ul:last-child { margin-bottom: 0; }
  ul { padding-left: 1.2em; }
  a { color: inherit; }
  .disclaimer, details, .useful { margin-top: 0.7em; color: var(--quiet); font-size: 0.88em; line-height: 1.45; }
  summary { display: list-item; padding: 12px 0; cursor: pointer; }
  details a { display: inline-block; padding: 12px 0; }
  details ul { padding-left: 1em; }
  .useful, .choices, .tools { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; }
  .useful button { font-size: 1em; }
  .choices { flex-direction: column; align-items: flex-start; }
  .choices button { text-align: left; }
  .pending { border: 1px dashed var(--on-accent); }
  .pending small { display: block; }
  .working { display: flex; gap: 6px; padding: 14px; align-self: flex-start; }
  .working i { width: 9px; height: 9px; border-radius: 50%; background: var(--quiet); animation: breathe 1.2s infinite; }
  .working i:nth-child(2) { animation-delay: 0.2s; }
  .working i:nth-child(3) { animation-delay: 0.4s; }
  @keyframes breathe { 50% { opacity: 0.25; } }
  .notice { margin: 0; padding: 8px 16px; border-top: 1px solid var(--line); background: var(--soft); }
  .notice:empty { padding: 0; border: 0; } /* stays: what appears later is announced */
  form {
    display: flex; align-items: flex-end; gap: 8px; padding: 10px 12px 0; border-top: 1px solid var(--line);
    position: sticky; bottom: 0; background: var(--ground); /* very low windows scroll the tools beneath it */
  }
  textarea {
    flex: 1; min-width: 0; min-height: 44px; max-height: 8em; resize: none; padding: 9px 12px;
    border: 1px solid var(--line); border-radius: 10px; background: var(--ground); color: var(--text);
    font: inherit; line-height: 1.4; field-sizing: content;
  }
  textarea::placeholder { color: var(--quiet); opacity: 1; }
  .tools { padding: 6px 12px 8px; gap: 0 4px; font-size: 0.88em; }
  .tools button { padding: 6px 8px; border-color: transparent; text-decoration: underline; }
  @media (prefers-reduced-motion: reduce) { .working i { animation: none; } }
  @media (forced-colors: active) {
    .message, .bar { border: 1px solid CanvasText; }
    .working i { background: CanvasText; }
    button { border-color: ButtonText; }
  }
`;
