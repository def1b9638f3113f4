// The light curve or spectrum of an observation.
"use strict";
(async () => {
  const place = document.querySelector("#series");
  const answer = await fetch("/series?uri=" + encodeURIComponent(place.dataset.uri));
  const found = await answer.json();
  if (!answer.ok) { place.textContent = found.msg; return; }
  const style = getComputedStyle(document.body), ink = style.getPropertyValue("--ink"), line = style.getPropertyValue("--line");
  const label = (n) => found.names[n] + (found.units[n] ? ` [${found.units[n]}]` : "");
  const axis = (n) => ({ label: label(n), stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line }, size: n ? 70 : 50 });
  const dots = found.names[0].toUpperCase().startsWith("W") ? {} : { paths: () => null, points: { show: true, size: 3 } };
  const plot = new uPlot({ width: place.clientWidth || 600, height: 360, scales: { x: { time: false } }, legend: { live: true },
    axes: [axis(0), axis(1)], series: [{ label: label(0) }, { label: label(1), stroke: style.getPropertyValue("--link"), ...dots }] }, [found.x, found.y], place);
  addEventListener("resize", () => plot.setSize({ width: place.clientWidth, height: 360 }));
})();
