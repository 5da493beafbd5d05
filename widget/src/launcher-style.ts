import { COLOURS, DARK_COLOURS } from "./colours";

/** `all: initial` on host and wrapper keeps the page's styles out: inherited ones cross the border otherwise. */
export const LAUNCHER_STYLE = `
:host { all: initial !important; display: contents !important; direction: ltr !important; }
.wrapper { all: initial; ${COLOURS} }
@media (prefers-color-scheme: dark) { .wrapper { ${DARK_COLOURS} } }
.launcher, .status {
  position: fixed; z-index: var(--botwijzer-z-index, 2147483000);
  right: calc(var(--botwijzer-space, 20px) + env(safe-area-inset-right));
  bottom: calc(var(--botwijzer-space, 20px) + env(safe-area-inset-bottom));
}
.left .launcher, .left .status { right: auto; left: calc(var(--botwijzer-space, 20px) + env(safe-area-inset-left)); }
.launcher {
  box-sizing: border-box; width: 64px; height: 64px; padding: 16px; cursor: pointer;
  border: 2px solid var(--on-accent); border-radius: 50%;
  background: var(--accent); color: var(--on-accent); box-shadow: 0 2px 10px rgb(0 0 0 / 35%);
}
.launcher[hidden], .badge[hidden] { display: none; }
.launcher:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.launcher svg { width: 100%; height: 100%; fill: currentColor; }
.badge {
  position: absolute; top: -4px; right: -4px; min-width: 24px; box-sizing: border-box; padding: 0 6px;
  border: 1px solid #fff; border-radius: 12px; background: #a3122a; color: #fff; font: bold 15px/24px var(--font);
}
.status {
  margin-bottom: 74px; max-width: 260px; padding: 8px 12px; border: 1px solid var(--line); border-radius: 8px;
  background: var(--ground); color: var(--text); font: 1.0625em/1.4 var(--font);
}
.status:empty { border: 0; padding: 0; background: none; }
.launcher[hidden] ~ .status { display: none; }
@media (forced-colors: active) { .launcher svg { fill: ButtonText; } }
`;
