// Before the page is drawn, so that it does not flash in the other theme. The rest is in app.js.
const theme = localStorage.getItem('clipgrpc.theme');
if (theme) document.documentElement.dataset.theme = theme;
