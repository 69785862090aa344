compare.start();
compare.addDivider();
compare.addLabels();
compare.showPair();
compare.addPrint();
Promise.all(compare.base.state.pending).then(function () {
  document.documentElement.setAttribute("data-map", "ready");
}, function (error) {
  document.documentElement.setAttribute("data-map", "failed");
  document.getElementById("map-hint").textContent = "The map data could not be read: " + error.message
    + ". Open the file in a browser of 2023 or later (Chrome, Edge, Firefox or Safari).";
});
