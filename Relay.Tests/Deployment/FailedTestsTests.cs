using System.Diagnostics;
using Cecelia.Relay.Tests.Hosting;

namespace Cecelia.Relay.Tests.Deployment;

/// <summary>deploy/failed-tests.awk, with which deploy/test.sh names the failed tests at the end of the log.</summary>
public sealed class FailedTestsTests
{
    private const string DotnetReport = """
        <TestRun>
          <Results>
            <UnitTestResult testName="Tests.Passes" outcome="Passed" testListId="1" />
            <UnitTestResult testName="Tests.Adds(text: &quot;a&quot;)" duration="00:00:01" outcome="Failed" testListId="1">
              <Output>
                <StdOut>not of the message</StdOut>
                <ErrorInfo>
                  <Message>Assert.Equal() Failure: Values differ&#xD;
        Expected: 1 &lt; 2
        Actual:   2</Message>
                  <StackTrace>   at Tests.Adds()</StackTrace>
                </ErrorInfo>
              </Output>
            </UnitTestResult>
            <UnitTestResult testName="Tests.Says_something" outcome="Passed" testListId="1">
              <Output><ErrorInfo><Message>not failed</Message></ErrorInfo></Output>
            </UnitTestResult>
          </Results>
        </TestRun>
        """;

    private const string HangReport = """
        <TestSequence>
          <Test Name="Tests.Ends" DisplayName="Tests.Ends" Source="Tests.dll" Completed="True" />
          <Test Name="Tests.Hangs" DisplayName="Tests.Hangs" Source="Tests.dll" Completed="False" />
        </TestSequence>
        """;

    private const string VitestReport = """
        <testsuites name="vitest tests" tests="2" failures="1" errors="0">
            <testsuite name="tests/a.test.ts" tests="2" failures="1">
                <testcase classname="tests/a.test.ts" name="passes" time="0">
                </testcase>
                <testcase classname="tests/a.test.ts" name="a page &gt; shows &quot;all&quot;" time="120">
                    <failure message="locator.waitFor: Timeout
        Call log: &gt; waiting" type="TimeoutError">
        TimeoutError: locator.waitFor: Timeout
        Call log:

          - waiting for locator(&apos;main&apos;)

         ❯ tests/a.test.ts:12:3
         ❯ tests/b.ts:1:1
                    </failure>
                </testcase>
            </testsuite>
        </testsuites>
        """;

    private const string NodeReport = """
        TAP version 13
        # Subtest: outer
            not ok 1 - inner
              ---
              failureType: 'testCodeFailure'
              error: |-
                Expected values to be equal:

                1 !== 2
              code: 'ERR_ASSERTION'
              stack: |-
                a line of the stack
              ...
        not ok 1 - outer
          ---
          failureType: 'subtestsFailed'
          error: '1 subtest failed'
          ...
        ok 2 - passes
        not ok 3 - later # TODO
          ---
          error: 'not yet'
          ...
        not ok 4 - single
          ---
          failureType: 'testCodeFailure'
          error: 'no connection'
          code: 'ERR_TEST_FAILURE'
          ...
        """;

    public static TheoryData<string, string, string[]> Reports => new()
    {
        {
            "tests.trx", DotnetReport,
            ["  Tests.Adds(text: \"a\")", "      Assert.Equal() Failure: Values differ", "      Expected: 1 < 2", "      Actual:   2"]
        },
        { "Sequence_1.xml", HangReport, ["  Tests.Hangs", "      did not finish"] },
        {
            "browser.xml", VitestReport,
            [
                "  tests/a.test.ts > a page > shows \"all\"", "      TimeoutError: locator.waitFor: Timeout", "      Call log:",
                "      - waiting for locator('main')", "      ❯ tests/a.test.ts:12:3",
            ]
        },
        { "brain.tap", NodeReport, ["  inner", "      Expected values to be equal:", "      1 !== 2", "  single", "      no connection"] },
    };

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Report_with_failures_is_printed_with_the_first_lines_of_each_message(string name, string report, string[] expected) =>
        Assert.Equal(expected, await PrintAsync(40, (name, report)));

    [Fact]
    public async Task Reports_with_more_than_the_most_lines_end_with_the_number_of_tests_that_are_left_out()
    {
        string[] all = await PrintAsync(40, ("tests.trx", DotnetReport), ("browser.xml", VitestReport), ("brain.tap", NodeReport));

        string[] first = await PrintAsync(5, ("tests.trx", DotnetReport), ("browser.xml", VitestReport), ("brain.tap", NodeReport));

        Assert.Equal(14, all.Length);
        Assert.Equal([.. all[..4], "  … and 3 more"], first);
        Assert.Equal(all, await PrintAsync(14, ("tests.trx", DotnetReport), ("browser.xml", VitestReport), ("brain.tap", NodeReport)));
    }

    private static async Task<string[]> PrintAsync(int most, params (string Name, string Text)[] reports)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("cecelia-reports-");
        try
        {
            foreach ((string name, string text) in reports) await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), text);
            string script = Path.Combine(Repository.Root, "deploy", "failed-tests.awk");
            var start = new ProcessStartInfo("awk", ["-v", $"most={most}", "-f", script, .. reports.Select(report => report.Name)])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = folder.FullName,
            };
            using Process awk = Process.Start(start)!;
            string output = await awk.StandardOutput.ReadToEndAsync().Within();
            await awk.WaitForExitAsync().Within();
            Assert.Equal(0, awk.ExitCode);
            return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
