using System.Globalization;
using System.Xml;

namespace Dataplane.Cli.Policies;

/// <summary>One test of a JUnit report; without a failure it passed.</summary>
/// <param name="Name">What was asked.</param>
/// <param name="Failure">One line: what is wrong; null where nothing is.</param>
/// <param name="Detail">All of it.</param>
/// <param name="Place"><c>file:line</c>; null where there is none.</param>
public sealed record JUnitCase(string Name, string? Failure, string Detail, string? Place);

/// <summary>JUnit's XML as build servers read it.</summary>
public static class JUnitWriter
{
    public static void Write(TextWriter output, string suite, IReadOnlyList<JUnitCase> cases)
    {
        var settings = new XmlWriterSettings
        {
            Indent = true,
            NewLineChars = "\n",
            CloseOutput = false,
            OmitXmlDeclaration = true,
        };
        output.Write("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
        using (XmlWriter xml = XmlWriter.Create(output, settings))
        {
            xml.WriteStartElement("testsuites");
            WriteCounts(xml, cases);
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", suite);
            WriteCounts(xml, cases);
            foreach (JUnitCase one in cases) WriteCase(xml, suite, one);
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        output.Write('\n');
    }

    private static void WriteCounts(XmlWriter xml, IReadOnlyList<JUnitCase> cases)
    {
        int failures = cases.Count(one => one.Failure is not null);
        xml.WriteAttributeString("tests", cases.Count.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("failures", failures.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("errors", "0");
    }

    private static void WriteCase(XmlWriter xml, string suite, JUnitCase one)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", suite);
        xml.WriteAttributeString("name", Clean(one.Name));
        if (one.Place is not null) xml.WriteAttributeString("file", Clean(one.Place));
        if (one.Failure is not null)
        {
            xml.WriteStartElement("failure");
            xml.WriteAttributeString("message", Clean(one.Failure));
            xml.WriteString(Clean(one.Detail));
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    /// <summary>XML has no place for control characters, and manifests may hold them.</summary>
    private static string Clean(string text) =>
        string.Concat(text.Select(letter => XmlConvert.IsXmlChar(letter) ? letter : '?'));
}
